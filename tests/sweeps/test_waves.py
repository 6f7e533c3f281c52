"""The order of points: what gates hold to others runs behind those."""

from pathlib import Path

from runner.recipe.compose import compose_all
from runner.sweeps.points import Point, points
from runner.sweeps.together import waves

RECIPE = """\
task: text-classification
source: {kind: scratch, architecture: bert}
evaluation:
  dataset: {path: rows.csv, inputs: text, target: label}
  metrics: [accuracy]
  gates: {accuracy: ">= float32 - 0.01"}
"""


def asked(workspace: Path, *dtypes: str) -> list[Point]:
    (workspace / "rows.csv").write_text("text,label\na,LABEL_0\n")
    (workspace / "a.yaml").write_text(RECIPE)
    file = f"+recipe={workspace / 'a.yaml'}"
    return points(compose_all([file, f"dtype={dtype}"] for dtype in dtypes), sweep=True)


def test_the_point_that_gates_name_runs_before_those_that_are_held_to_it(workspace: Path) -> None:
    found = waves(asked(workspace, "bfloat16", "float32", "float16"))
    names = [[point.name for point in wave] for wave in found]
    assert names == [["dtype=float32"], ["dtype=bfloat16", "dtype=float16"]]


def test_points_that_name_each_other_in_nothing_are_one_wave(workspace: Path) -> None:
    assert [len(wave) for wave in waves(asked(workspace, "float32"))] == [1]
    assert waves([]) == []
