"""A search asks Optuna for points, holds them to their gates, and goes on where it was killed."""

from pathlib import Path

import pytest

from runner.errors import Exit, SourceError
from runner.recipe.sweeping.asking import ask_sweep
from runner.records import Failure, RunRecord, Verdict
from runner.sweeps.keeping import SweepJournal, keep
from runner.sweeps.points import Point, points
from runner.sweeps.record import Status, SweepRecord, read_sweep
from runner.sweeps.run_all import PointResult, exit_code
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


def asked(sweep: str = SWEEP) -> tuple[Asking, SweepJournal]:
    Path("sweeps").mkdir(exist_ok=True)
    Path("recipes").mkdir(exist_ok=True)
    Path("recipes/case.yaml").write_text(RECIPE)
    Path("recipes/rows.csv").write_text("text\nHi\n")
    Path("sweeps/find.yaml").write_text(sweep)
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
        digest=point.composed.digest,
        metrics={"rows_per_second": tokens},
        model_bytes=int(tokens),
        verdict=verdict,
    )
    point.folder.mkdir(parents=True, exist_ok=True)
    record.write(point.folder)
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
    assert names[:3] == seen, "the point that was killed comes first of the new ones"
    assert [result.kept for result in results] == [True] * 2 + [False] * 4
    assert {*names} == {point.name for point in kept.record.points}
    earlier = [point for point in kept.record.points if point.name in seen[:2]]
    assert [(one.status, one.exit is None) for one in earlier] == [(Status.DONE, False)] * 2
    passed = {p.name for p in kept.record.points if p.values["dtype"] == "float32"}
    assert best
    assert set(best) == passed, "each is dearer than another or scores less"
    again, same = search_on(asking, kept, lambda point: pytest.fail(f"{point.name} ran again"))
    assert [result.point.name for result in again] == names
    assert exit_code(again) == exit_code(results) == Exit.GATE_FAILED
    assert set(same) == set(best)


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


def test_a_point_that_failed_earlier_is_told_as_it_failed() -> None:
    asking, kept = asked()

    def failing(point: Point) -> PointResult:
        failure = Failure(step="resolve", code="source-failed", message="gone", remedy="Look.")
        record = RunRecord(
            recipe="a", point=point.name, digest=point.composed.digest, failure=failure
        )
        point.folder.mkdir(parents=True, exist_ok=True)
        record.write(point.folder)
        return PointResult(point, None, SourceError("gone", "Look."))

    results, _ = search_on(asking, kept, failing)
    asking, kept = asked()
    again, _ = search_on(asking, kept, answered)
    assert len(again) == len(results)
    errors = [(one.error.code, one.error.sentences) for one in again if one.error]
    assert errors == [("source-failed", "gone. Look.")] * len(results)
    assert exit_code(again) == exit_code(results) == Exit.OUTSIDE_FAILED


@pytest.mark.parametrize(
    ("was", "now", "new"),
    [
        ("trials: 6", "trials: 8", 2),
        ("trials: 6", "trials: 6\n  seed: 3", 0),
        ("[float32, float16]", "[bfloat16, float32, float16]", 6),
        ("[float32, float16]", "[float32]", 6),
        ("range(1,100)", "range(1,50)", 6),
        ("range(1,100)", "[3, 4]", 6),
        ("    +params.temperature: interval(0.1,1)\n", "", 6),
        ("    dtype:", "    +params.top_k: [1, 2]\n    dtype:", 6),
        ("rows_per_second: maximize, ", "", 6),
        ("size_bytes: minimize", "size_bytes: maximize", 6),
    ],
)
def test_a_search_that_was_changed_begins_anew(was: str, now: str, new: int) -> None:
    search_on(*asked(), answered)
    assert was in SWEEP
    run: list[Point] = []

    def noted(point: Point) -> PointResult:
        run.append(point)
        return answered(point)

    search_on(*asked(SWEEP.replace(was, now)), noted)
    assert len(run) == new


def test_a_search_of_another_recipe_begins_anew() -> None:
    search_on(*asked(), answered)
    asking, kept = asked()
    Path("recipes/case.yaml").write_text(f"{RECIPE}prompt_template: 'Q: {{prompt}}'\n")
    results, _ = search_on(asking, kept, answered)
    assert len(results) == 6
    assert not any(result.kept for result in results)
