"""The devices that a recipe may be run on."""

from runner.errors import ResourceError

_GPU = "cuda:"


def insist_on_device(device: str) -> None:
    """See that a device is there.

    Args:
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Raises:
        ResourceError: It is not.
    """
    if not device.startswith(_GPU):
        return
    import torch

    there = torch.cuda.device_count()
    if int(device.removeprefix(_GPU)) >= there:
        message = f"there is no {device}: torch sees {there} GPUs"
        raise ResourceError(message, "Take device=cpu, or install a driver and a torch for it.")
