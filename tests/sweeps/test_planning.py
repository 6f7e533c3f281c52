"""The plan of a sweep: distinct weights looked at once, memory, and time from earlier records."""

from collections.abc import Callable
from pathlib import Path

from runner.recipe.compose import compose_all
from runner.recipe.language.digest import digest
from runner.records import RunRecord, Step
from runner.sweeps.planning import SweepPlan, plan_sweep, weights_of
from runner.sweeps.points import Point, points
from runner.work.plan import plan
from runner.work.planned import Plan
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
SCRATCH = "+recipe=text-generation/scratch"


def asked(*overrides: list[str]) -> list[Point]:
    return points(compose_all([SCRATCH, *one] for one in overrides), sweep=True)


def planned(found: list[Point]) -> tuple[SweepPlan, list[str]]:
    looked_at: list[str] = []

    def of_point(point: Point) -> Plan:
        looked_at.append(point.name)
        return plan(point.composed, point.folder, point.name)

    return plan_sweep(found, of_point), looked_at


def test_distinct_weights_are_counted_and_looked_at_once() -> None:
    found = asked(
        ["dtype=float32"], ["dtype=float16"], ["dtype=float32", "params.max_new_tokens=3"]
    )
    plan, looked_at = planned(found)
    assert looked_at == ["dtype=float32", "dtype=float16"]
    assert [point.weights for point in plan.points] == [1, 2, 1]
    assert [(one.dtype, one.points) for one in plan.weights] == [("float32", 2), ("float16", 1)]
    single, half = (one.bytes for one in plan.weights)
    assert half * 2 == single
    assert plan.disk == single + half
    assert plan.seconds is None
    assert plan.memory == max(point.memory for point in plan.points) > 2 * single


def test_times_and_memory_are_those_of_earlier_records() -> None:
    one, other = asked(["dtype=float32"], ["dtype=float16"])
    steps = [Step(name="wait", seconds=50), Step(name="save", seconds=2, peak_memory=7)]
    record = RunRecord(recipe="a", point="b", digest=digest(one.composed.recipe), steps=steps)
    (one.folder / "model").mkdir(parents=True)
    record.write(one.folder)
    first, second = planned([one, other])[0].points
    assert (first.seconds, first.memory, first.memory_from) == (2, 7, "record")
    assert (second.seconds, second.memory_from) == (2, "plan")


def test_what_the_weights_do_not_depend_on_does_not_tell_them_apart() -> None:
    one, *others = asked(
        [], ["params.max_new_tokens=3"], ["prompt_template='Q {prompt}'"], ["dtype=float16"],
        ["source.seed=1"],
    )  # fmt: skip
    same = [weights_of(other.composed) == weights_of(one.composed) for other in others]
    assert same == [True, True, False, False]


def test_the_plan_and_the_rehearsal_of_a_sweep_file_are_asked_for_as_its_run_is(
    cli: Cli, workspace: Path
) -> None:
    (workspace / "sweeps").mkdir()
    text = "recipe: text-generation/scratch\nover: {dtype: [float32, float16]}\n"
    (workspace / "sweeps/two.yaml").write_text(text)
    shown = cli("-m", "plan", "+sweep=two", "--output", "json").document
    assert [point["values"] for point in shown["points"]] == [
        {"dtype": "float32"}, {"dtype": "float16"},
    ]  # fmt: skip
    usual = (SCRATCH, "out=here", "evaluation.views=[native]", "tracking.uri=null")
    assert cli(*usual, "dtype=float32").code == 0
    half = cli("plan", "-m", *usual, "dtype=float32,float16", "--output", "json").document
    assert [point["done"] for point in half["points"]] == [True, False]
    told = cli("plan", "-m", SCRATCH, "dtype=float32,float16").stdout
    assert "2 points, 2 sets of weights" in told
    done = cli("rehearse", "+sweep=two", "evaluation.views=[native]", "--output", "json")
    assert done.code == 0, done.stderr
    assert [one["record"]["dtype"] for one in done.document["rehearsals"]] == ["float32", "float16"]
