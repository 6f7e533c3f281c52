"""The record of a sweep: what varies, and how each point stands, as it goes and in the end."""

from pathlib import Path

import pytest

from runner.errors import Exit, SourceError
from runner.findings import RecipeError
from runner.recipe.compose import compose_all
from runner.records import RunRecord, Verdict
from runner.sweeps.keeping import SweepJournal, keep
from runner.sweeps.points import points
from runner.sweeps.record import Status, SweepRecord, read_sweep, sweep_file
from runner.sweeps.run_all import PointResult

SCRATCH = "+recipe=text-generation/scratch"


def kept_of(*overrides: list[str], **named: object) -> tuple[SweepJournal, list[object]]:
    found = points(compose_all([SCRATCH, *one] for one in overrides), sweep=True)
    return keep(found, **named), list(found)  # pyright: ignore[reportArgumentType]


def stored(kept: SweepJournal) -> SweepRecord:
    record = read_sweep(kept.file)
    assert record
    return record


def test_the_record_lies_beside_its_points_and_says_what_varies(workspace: Path) -> None:
    kept, _ = kept_of(
        ["dtype=float32", "params.max_new_tokens=4"],
        ["dtype=float16", "params.max_new_tokens=4"],
        command=["-m", "dtype=float32,float16"],
        baseline={"dtype": "float16"},
    )
    around = workspace / "multirun/text-generation/scratch"
    assert kept.file == around / "sweep.json"
    record = stored(kept)
    assert (record.varies, record.recipes) == (["dtype"], ["text-generation/scratch"])
    assert [point.values for point in record.points] == [{"dtype": "float32"}, {"dtype": "float16"}]
    assert [point.status for point in record.points] == [Status.WAITING] * 2
    assert record.baseline == record.points[1].name == "dtype=float16,params.max_new_tokens=4"
    assert [point.folder for point in record.points] == [point.name for point in record.points]
    assert record.command == ["-m", "dtype=float32,float16"]
    assert not record.ended


def test_each_point_is_noted_as_it_begins_and_ends() -> None:
    kept, (one, other) = kept_of(["dtype=float32"], ["dtype=float16"])
    kept.started(one)  # pyright: ignore[reportArgumentType]
    assert [p.status for p in stored(kept).points] == [Status.RUNNING, Status.WAITING]
    record = RunRecord(recipe="a", point="b", digest="c", verdict=Verdict.FAILED)
    kept.ended(PointResult(one, record))  # pyright: ignore[reportArgumentType]
    assert not stored(kept).ended
    kept.ended(PointResult(other, None, SourceError("gone", "fetch it")))  # pyright: ignore[reportArgumentType]
    ended = stored(kept)
    assert ended.ended
    assert [(p.status, p.exit) for p in ended.points] == [
        (Status.DONE, Exit.GATE_FAILED),
        (Status.STOPPED, Exit.OUTSIDE_FAILED),
    ]
    assert ended.points[1].error == {
        "code": "source-failed", "message": "gone", "remedy": "fetch it",
    }  # fmt: skip


def test_several_recipes_have_their_record_in_the_folder_around_them(workspace: Path) -> None:
    asked = [["+recipe=text-generation/scratch"], ["+recipe=fill-mask/scratch"]]
    kept = keep(points(compose_all(asked), sweep=True), name="sets/of two")
    assert kept.file == workspace / "multirun/sets--of two.sweep.json"
    assert kept.record.varies == ["recipe"]
    assert kept.record.points[1].folder == "fill-mask/scratch/default"


def test_settings_that_vary_keep_points_apart() -> None:
    kept, _ = kept_of(["device=cpu", "tracking.uri=null"], ["device=auto", "tracking.uri=null"])
    assert [point.name for point in kept.record.points] == ["device=cpu", "device=auto"]
    assert kept.record.varies == ["device"]


def test_the_same_point_twice_is_one() -> None:
    kept, _ = kept_of(["dtype=float32"], ["dtype=float32"])
    assert [point.name for point in kept.record.points] == ["dtype=float32"]


def test_two_files_of_one_name_are_refused(workspace: Path) -> None:
    for folder in ("a", "b"):
        (workspace / folder).mkdir()
        text = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
        (workspace / folder / "case.yaml").write_text(text)
    composed = compose_all([["+recipe=a/case.yaml"], ["+recipe=b/case.yaml"]])
    with pytest.raises(RecipeError, match=r"would write to one folder"):
        points(composed, sweep=True)


def test_what_is_no_record_is_nothing(workspace: Path) -> None:
    (workspace / "sweep.json").write_text("{}{")
    assert read_sweep(workspace / "sweep.json") is None
    assert read_sweep(sweep_file([workspace / "nowhere"])) is None
