"""The seed of what is drawn: for sampling, and for pipelines that choose at random."""

import random

import numpy as np
import torch
import transformers


def seed_draws(seed: int) -> None:
    """Seed every generator that a model draws from, as ``transformers.set_seed`` does.

    Without an accelerator only those of the CPU: for each kind of device that is not there, torch
    would write down this call and the whole stack that led to it, every time.

    Args:
        seed: From 0 to 2**32 - 1.

    Raises:
        ValueError: It is not.
    """
    if torch.accelerator.is_available():
        transformers.set_seed(seed)
        return
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)
