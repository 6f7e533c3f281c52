"""The device of the settings is there, and takes the dtypes of the recipes."""

from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status
from runner.errors import ResourceError
from runner.machine.devices import insist_on_device


def check(needs: Needs) -> Iterator[Result]:
    """Ask torch for the device."""
    import torch

    device = needs.settings.device
    there = torch.cuda.is_available()
    if device == "cpu" or (device == "auto" and not there):
        yield Result(Status.OK, f"CPU, {torch.get_num_threads()} threads")
        return
    try:
        insist_on_device(device)
    except ResourceError as error:
        yield Result(Status.PROBLEM, error.message, error.remedy)
        return
    number = 0 if device == "auto" else int(device.partition(":")[2])
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
