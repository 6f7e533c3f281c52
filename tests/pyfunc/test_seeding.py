"""What is drawn after a seed is what it is after that of transformers, on every kind of device."""

import random

import numpy as np
import pytest
import torch
import transformers

from runner.pyfunc.seeding import seed_draws


def _draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))


@pytest.mark.parametrize("seed", [0, 3, 2**32 - 1])
def test_draws_are_those_after_the_seed_of_transformers(seed: int) -> None:
    transformers.set_seed(seed)
    wanted = _draws()
    assert _draws() != wanted
    seed_draws(seed)
    assert _draws() == wanted


def _told_cuda(monkeypatch: pytest.MonkeyPatch, *, is_there: bool) -> list[int]:
    """Seed with or without an accelerator; give the seeds that torch was to keep for CUDA."""
    kept: list[int] = []
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: is_there)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", kept.append)
    seed_draws(3)
    return kept


def test_an_accelerator_is_seeded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(_told_cuda(monkeypatch, is_there=True)) == {3}


def test_nothing_is_kept_for_devices_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _told_cuda(monkeypatch, is_there=False) == []


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_transformers_refuses_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 2"):
        transformers.set_seed(seed)
    with pytest.raises(ValueError, match="between 0 and 2"):
        seed_draws(seed)
