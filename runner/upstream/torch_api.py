"""What is used of torch beyond what it documents, behind names of ours."""

from typing import TYPE_CHECKING

from runner.upstream.interface import Interface

if TYPE_CHECKING:
    import torch

_CHANGES = Interface("torch", "2.6 to 2.14", "torch", "Tensor._version")


def changes_of(tensor: "torch.Tensor") -> int:
    """Give how often a tensor was written to, by itself and what shares its memory.

    Args:
        tensor: The tensor; not one that was made in inference mode, of which that is not known.
    """
    return int(_CHANGES.of(tensor))
