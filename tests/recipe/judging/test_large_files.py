"""The work that a file takes grows with its size and not with its square."""

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome

RECIPE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
FEW, TIMES = 250, 8
LARGE: dict[str, tuple[str, str]] = {
    "params": ("params:\n", "  param_{}: 0.5\n"),
    "unknown keys": ("", "unknown_key_{}: some text\n"),
    "inputs": ("evaluation:\n  inputs:\n", "  - text {}\n"),
    "wrong types": ("params:\n", "  param_{}: [1]\n"),
    "expectations": ("evaluation:\n  expect:\n", "    - {{equal: x{}}}\n"),
}


def calls(cli: Callable[..., Outcome], text: str) -> int:
    """Count the calls of functions that it takes to judge a recipe."""
    Path("large.yaml").write_text(RECIPE + text)
    with cProfile.Profile() as profile:
        done = cli("validate", "large.yaml")
    assert done.code in (0, 2)
    assert "file-too-large" not in done.stdout
    return int(pstats.Stats(profile).total_calls)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(("head", "line"), LARGE.values(), ids=LARGE)
def test_the_work_grows_with_the_size(cli: Callable[..., Outcome], head: str, line: str) -> None:
    def text(count: int) -> str:
        return head + "".join(line.format(n) for n in range(count))

    calls(cli, text(FEW))  # what is done once
    base = calls(cli, text(1))
    few, many = (calls(cli, text(count)) - base for count in (FEW, FEW * TIMES))
    assert many < few * TIMES * 1.25
