"""The work that a file takes grows with its size and not with its square."""

import cProfile
import pstats
import time
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


@pytest.mark.parametrize(
    ("head", "line", "count"),
    [
        ("params:\n", "  {:x<50}: 0.5\n", 15_000),
        ("", "unknown_key_{:x<40}: " + "some text " * 4 + "\n", 9_000),
    ],
    ids=["params", "unknown keys"],
)
def test_a_megabyte_of_slips_takes_no_three_seconds(
    cli: Callable[..., Outcome], head: str, line: str, count: int
) -> None:
    Path("large.yaml").write_text(
        RECIPE + head + "".join(line.format(f"n{n}") for n in range(count))
    )
    assert 0.8 * 2**20 < Path("large.yaml").stat().st_size < 2**20
    began = time.process_time()
    done = cli("validate", "large.yaml")
    assert time.process_time() - began < 3
    assert done.code == 2
    assert done.stdout.splitlines()[-1] == f"1 recipe, {count} errors"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("dtpe: x\nevaluation:\n  inputs:\n" + "    - a\n" * 20_000, "20000 values"),
        ("metadata:\n  a: &a [" + "b, " * 5000 + "]\n  c: [*a, *a, *a, *a]\n", "20000 values"),
        ("metadata:\n  a: &a " + "b" * 600_000 + "\n  c: *a\n", "1048576 characters"),
    ],
    ids=["items", "aliases", "characters"],
)
@pytest.mark.parametrize("verb", ["validate", "show"])
def test_a_file_that_holds_too_much_gets_one_error_and_no_other(
    cli: Callable[..., Outcome], verb: str, text: str, more: str
) -> None:
    Path("large.yaml").write_text(RECIPE + text)
    done = cli(verb, "large.yaml")
    (said,) = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line][:1]
    assert (done.code, (done.stdout + done.stderr).count("error[")) == (2, 1)
    assert f"error[unreadable-yaml] The file holds more than {more}" in said
    assert said.endswith("Leave some out, or move them to a file of rows: `evaluation.dataset`.")
