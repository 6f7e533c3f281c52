"""Points beside a point, by what gates call them."""

from dataclasses import replace
from pathlib import Path

import pytest

from runner import compose
from runner.errors import SourceError
from runner.evaluated import TABLE_FILE
from runner.recipe.composing.composed import Composed
from runner.records import RunRecord
from runner.work.other_points import point_named

RECIPE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"


def point(folder: Path, *overrides: str, evaluated: bool = True) -> Path:
    """Leave the record of a point, and its table."""
    name = ",".join(overrides) or "default"
    made = folder / name
    made.mkdir()
    said = {"recipe": "a", "task": "text-generation", "digest": "0" * 64}
    RunRecord(point=name, overrides=list(overrides), **said).write(made)
    if evaluated:
        (made / TABLE_FILE).touch()
    return made


@pytest.fixture
def composed(workspace: Path) -> Composed:
    (workspace / "a.yaml").write_text(RECIPE)
    return compose(str(workspace / "a.yaml"))


def found(word: str, composed: Composed, here: Path) -> Path | None:
    named = () if here.name == "default" else tuple(here.name.split(","))
    other = point_named(word, replace(composed, overrides=named), here)
    return other.table.parent if other else None


def test_a_point_is_named_by_its_name_its_overrides_or_a_value(
    workspace: Path, composed: Composed
) -> None:
    usual = point(workspace)
    float32, bfloat16 = (point(workspace, f"dtype={dtype}") for dtype in ("float32", "bfloat16"))
    for word in ("float32", "dtype=float32"):
        assert found(word, composed, bfloat16) == float32
        assert found(word, composed, usual) == float32
        assert found(word, composed, float32) is None
    assert found("default", composed, bfloat16) == usual


def test_of_several_it_is_the_one_that_is_alike_in_all_else(
    workspace: Path, composed: Composed
) -> None:
    points = {
        (dtype, n): point(workspace, f"dtype={dtype}", f"params.n={n}")
        for dtype in ("float32", "bfloat16")
        for n in (1, 2)
    }
    for n in (1, 2):
        here = points["bfloat16", n]
        assert found("float32", composed, here) == points["float32", n]
        assert found("dtype=float32,params.n=1", composed, here) == points["float32", 1]
    elsewhere = point(workspace, "dtype=bfloat16", "params.n=3")
    with pytest.raises(SourceError, match="float32, which a gate names, is 2 points"):
        found("float32", composed, elsewhere)


def test_a_point_that_is_not_there_yet_is_said_with_those_that_are(
    workspace: Path, composed: Composed
) -> None:
    here = point(workspace, "dtype=bfloat16")
    point(workspace, "dtype=float32", evaluated=False)
    with pytest.raises(SourceError, match="has no eval_results_table.json") as caught:
        found("float32", composed, here)
    assert caught.value.remedy == "Run it again: its evaluation has not ended."
    with pytest.raises(SourceError, match="No point float16, which a gate names") as caught:
        found("float16", composed, here)
    assert caught.value.remedy == "Run it first; there are dtype=float32."
