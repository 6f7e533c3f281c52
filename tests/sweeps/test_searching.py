"""A search asks Optuna for points, holds them to their gates, and goes on where it was killed."""

from pathlib import Path

import pytest

from runner.errors import SourceError
from runner.recipe.sweeping.asking import ask_sweep
from runner.records import RunRecord, Verdict
from runner.sweeps.keeping import SweepJournal, keep
from runner.sweeps.points import Point, points
from runner.sweeps.record import SweepRecord, read_sweep
from runner.sweeps.run_all import PointResult
from runner.sweeps.searching import Asking, asking_of, search_on

pytest.importorskip("optuna")
SWEEP = """\
recipe: case
search:
  space:
    dtype: [float32, float16]
    params.max_new_tokens: range(1,100)
    +params.temperature: interval(0.1,1)
  objectives: {rows_per_second: maximize, size_bytes: minimize}
  trials: 6
"""
RECIPE = """\
defaults: [/recipe/text-generation/scratch]
evaluation: {dataset: {path: rows.csv, inputs: text}}
"""


def asked() -> tuple[Asking, SweepJournal]:
    Path("sweeps").mkdir(exist_ok=True)
    Path("recipes").mkdir(exist_ok=True)
    Path("recipes/case.yaml").write_text(RECIPE)
    Path("recipes/rows.csv").write_text("text\nHi\n")
    Path("sweeps/find.yaml").write_text(SWEEP)
    found = ask_sweep(["+sweep=find", "tracking.uri=null"])
    kept = keep(points(found.composed, sweep=True), name="find")
    kept.record.points.clear()
    asking = asking_of(found)
    assert asking
    return asking, kept


def answered(point: Point) -> PointResult:
    """Score a point: more tokens are better and dearer; float16 passes no gate."""
    recipe = point.composed.recipe
    tokens = float(recipe.params["max_new_tokens"].default)
    verdict = Verdict.FAILED if recipe.dtype == "float16" else Verdict.PASSED
    record = RunRecord(
        recipe="a",
        point=point.name,
        digest="d",
        metrics={"rows_per_second": tokens},
        model_bytes=int(tokens),
        verdict=verdict,
    )
    return PointResult(point, record)


def test_a_killed_search_goes_on_and_asks_for_what_was_lost_once_more() -> None:
    asking, kept = asked()
    seen: list[str] = []

    def until_killed(point: Point) -> PointResult:
        seen.append(point.name)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return answered(point)

    with pytest.raises(KeyboardInterrupt):
        search_on(asking, kept, until_killed)
    asking, kept = asked()
    results, best = search_on(asking, kept, answered)
    names = [result.point.name for result in results]
    assert names[0] == seen[2], "the point that was killed comes first"
    assert len(names) == 4
    assert {*seen, *names} == {point.name for point in kept.record.points}
    passed = {p.name for p in kept.record.points if p.values["dtype"] == "float32"}
    assert best
    assert set(best) == passed, "each is dearer than another or scores less"
    again, same = search_on(asking, kept, lambda point: pytest.fail(f"{point.name} ran again"))
    assert (again, set(same)) == ([], set(best))


def test_points_without_the_metric_and_those_that_fail_are_no_result() -> None:
    asking, kept = asked()
    results, best = search_on(
        asking, kept, lambda point: PointResult(point, None, SourceError("gone"))
    )
    assert len(results) == 6
    assert best == []
    record = read_sweep(kept.file)
    assert isinstance(record, SweepRecord)
    assert len(record.points) == len({result.point.name for result in results})
    assert record.points[0].values.keys() == {
        "dtype", "params.max_new_tokens", "+params.temperature",
    }  # fmt: skip
