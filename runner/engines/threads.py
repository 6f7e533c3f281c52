"""How many threads a model computes with: the same everywhere, as sums depend on it to the bit."""

import os

_VARIABLE = "OMP_NUM_THREADS"


def threads() -> int:
    """Give the threads that models compute with in this process."""
    import torch

    return torch.get_num_threads()


def with_threads(count: int) -> None:
    """Let models of this process compute with as many threads.

    Args:
        count: How many.
    """
    os.environ[_VARIABLE] = str(count)  # read by what is imported after it
    import torch

    torch.set_num_threads(count)
