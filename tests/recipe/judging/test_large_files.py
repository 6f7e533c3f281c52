"""The time that a file takes grows with its size and not with its square."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome

RECIPE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
MOST = 3.0
"""Seconds of the processor for a file of up to a megabyte."""
LARGE = {
    "params": "params:\n" + "".join(f"  param_{i}: 0.5\n" for i in range(15_000)),
    "unknown keys": "".join(f"unknown_key_{i}: {'x' * 80}\n" for i in range(9_000)),
    "inputs": "evaluation:\n  inputs:\n" + "".join(f"  - text {i}\n" for i in range(15_000)),
    "wrong types": "params:\n" + "".join(f"  param_{i}: [1]\n" for i in range(6_000)),
    "expectations": "evaluation:\n  expect:\n" + "    - {equal: x}\n" * 6_000,
}


@pytest.mark.parametrize("more", LARGE.values(), ids=LARGE)
def test_a_large_file_is_judged_in_seconds(cli: Callable[..., Outcome], more: str) -> None:
    Path("large.yaml").write_text(RECIPE + more)
    cli("validate", "text-generation/scratch")  # imports
    began = time.process_time()
    done = cli("validate", "large.yaml")
    assert time.process_time() - began < MOST
    assert done.code in (0, 2)
    assert "file-too-large" not in done.stdout
