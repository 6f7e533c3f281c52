"""There is memory to prove a model: the proof loads it, packaging does not."""

from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status
from runner.machine.memory import free_memory

_IMPORTS = 10**9
"""Bytes that torch, transformers and mlflow take by themselves."""


def check(needs: Needs) -> Iterator[Result]:
    """Say how large a model can be proven in what is free now."""
    free = free_memory()
    if free is None:
        return
    billions = max(0, free - _IMPORTS) / 4e9
    message = f"{free / 1e9:.1f} GB free: a float32 model of {billions:.1f} billion parameters"
    if billions < 0.1:
        remedy = "Close other programs, or leave the proof out with evaluation.views=[]."
        yield Result(Status.WARNING, message, remedy)
    else:
        yield Result(Status.OK, message)
