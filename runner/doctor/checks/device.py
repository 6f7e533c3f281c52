"""The device of the settings is there, and takes the dtypes of the recipes."""

from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status


def check(needs: Needs) -> Iterator[Result]:
    """Ask torch for the device."""
    import torch

    device = needs.settings.device
    there = torch.cuda.is_available()
    if device == "cpu" or (device == "auto" and not there):
        yield Result(Status.OK, f"CPU, {torch.get_num_threads()} threads")
        return
    number = 0 if device == "auto" else int(device.partition(":")[2])
    if not there or number >= torch.cuda.device_count():
        message = f"there is no {device}: torch sees {torch.cuda.device_count()} GPUs"
        remedy = "Take device=cpu, or install a driver and a torch built for it."
        yield Result(Status.PROBLEM, message, remedy)
        return
    free, whole = torch.cuda.mem_get_info(number)
    name = torch.cuda.get_device_name(number)
    yield Result(Status.OK, f"{name}, {free / 1e9:.1f} of {whole / 1e9:.1f} GB free")
    asked = [one.name for one in needs.recipes if one.values.get("dtype") == "bfloat16"]
    if asked and not torch.cuda.is_bf16_supported():
        yield Result(
            Status.WARNING,
            f"{name} has no bfloat16, which {asked[0]} asks for",
            "Take dtype=float16, or device=cpu.",
        )
