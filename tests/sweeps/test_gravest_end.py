"""The exit code of a sweep: the gravest of its points'."""

from itertools import permutations
from pathlib import Path
from typing import Any, cast

import pytest

from runner.errors import Exit, RunnerError, SignatureError, SourceError
from runner.records import RunRecord, Verdict
from runner.sweeps.points import Point
from runner.sweeps.run_all import PointResult, exit_code

POINT = Point("default", cast("Any", None), Path())


def ended(how: Verdict | RunnerError) -> PointResult:
    """Give a point that came to a verdict, or to an error."""
    if isinstance(how, RunnerError):
        return PointResult(POINT, None, how)
    return PointResult(POINT, RunRecord(recipe="a", point="b", digest="c", verdict=how))


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (Verdict.PASSED, Exit.DONE),
        (Verdict.UNPROVEN, Exit.DONE),
        (Verdict.FAILED, Exit.GATE_FAILED),
        (Verdict.UNDECIDED, Exit.GATE_FAILED),
        (SignatureError("a"), Exit.WRONG_INPUT),
        (SourceError("a"), Exit.OUTSIDE_FAILED),
        (RunnerError("a"), Exit.DEFECT),
    ],
)
def test_a_point_stands_for_how_it_ended(how: Verdict | RunnerError, code: Exit) -> None:
    assert ended(how).exit is code


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ([Verdict.PASSED, Verdict.PASSED], Exit.DONE),
        ([Verdict.PASSED, Verdict.FAILED, Verdict.UNPROVEN], Exit.GATE_FAILED),
        ([Verdict.FAILED, SourceError("a"), Verdict.PASSED], Exit.OUTSIDE_FAILED),
        ([SourceError("a"), SignatureError("a")], Exit.OUTSIDE_FAILED),
        ([RunnerError("a"), SourceError("a"), Verdict.PASSED], Exit.DEFECT),
    ],
)
def test_the_gravest_end_is_the_sweeps_whichever_point_comes_to_it(
    ends: list[Any], code: Exit
) -> None:
    for order in permutations(ends):
        assert exit_code([ended(how) for how in order]) is code


def test_no_point_is_no_failure() -> None:
    assert exit_code([]) is Exit.DONE
