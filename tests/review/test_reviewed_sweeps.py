"""Sweep files in a review: points that are gone, new, or others to those who call their models."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome
from tests.review.history import History

Cli = Callable[..., Outcome]
RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
params: {max_new_tokens: 4, temperature: 0.5}
"""
SWEEP = """\
recipe: own
over: {dtype: [float32, float16], params.max_new_tokens: [2, 3]}
baseline: {dtype: float32, params.max_new_tokens: 2}
"""


@pytest.fixture
def history(workspace: Path) -> History:
    history = History.start(workspace)
    history.write("own.yaml", RECIPE)
    history.write("../sweeps/both.yaml", SWEEP)
    history.commit("start")
    return history


def reviewed(cli: Cli) -> dict[str, list[tuple[str, str, object]]]:
    """Review the working tree: for each thing that differs its changes."""
    done = cli("review", "HEAD", "--output", "json")
    assert done.code == 0, done.stderr
    return {
        one["name"]: [(c["impact"], c["rule"], c.get("after")) for c in one["changes"]]
        for one in done.document["recipes"]
    }


def test_points_and_the_baseline_of_a_sweep_are_compared(cli: Cli, history: History) -> None:
    assert reviewed(cli) == {}
    history.edit("../sweeps/both.yaml", "[2, 3]", "[2, 5]")
    history.edit("../sweeps/both.yaml", "float32, params.max_new_tokens: 2}",
                 "float16, params.max_new_tokens: 5}")  # fmt: skip
    new = [f"dtype={dtype}, params.max_new_tokens=5" for dtype in ("float32", "float16")]
    assert reviewed(cli) == {
        "sweeps/both": [
            ("cost", "points-added", new),
            ("cost", "points-removed", None),
            ("cosmetic", "baseline-changed", {"dtype": "float16", "params.max_new_tokens": 5}),
        ]
    }
    assert "### `sweeps/both` — cost" in cli("review", "HEAD").stdout


def test_the_same_points_written_otherwise_are_that(cli: Cli, history: History) -> None:
    history.edit("../sweeps/both.yaml", "[2, 3]", '"range(2,4)"')
    assert reviewed(cli) == {"sweeps/both": [("cosmetic", "sweep-rewritten", None)]}


def test_a_recipe_that_breaks_its_callers_breaks_those_of_its_points(
    cli: Cli, history: History
) -> None:
    history.edit("own.yaml", ", temperature: 0.5", "")
    found = reviewed(cli)
    assert [rule for _, rule, _ in found["own"]] == ["param-removed"]
    ((impact, rule, points),) = found["sweeps/both"]
    assert (impact, rule) == ("breaking", "points-break")
    assert len(points) == 4  # pyright: ignore[reportArgumentType]
    assert " — 1 recipe and 1 sweep differ" in cli("review", "HEAD").stdout


def test_a_recipe_that_answers_otherwise_does_so_in_its_points(cli: Cli, history: History) -> None:
    history.edit("own.yaml", "temperature: 0.5", "temperature: 0.6")
    found = reviewed(cli)
    assert [rule for _, rule, _ in found["own"]] == ["param-default"]
    ((impact, rule, points),) = found["sweeps/both"]
    assert (impact, rule) == ("behaviour", "points-answer")
    assert len(points) == 4  # pyright: ignore[reportArgumentType]
    document = cli("review", "HEAD", "--output", "json").document
    (change,) = next(one for one in document["recipes"] if one["name"] == "sweeps/both")["changes"]
    assert (change["field"], change["before"]) == ("points", points)


def test_points_of_a_shipped_recipe_are_compared_too(cli: Cli, history: History) -> None:
    history.write("../sweeps/both.yaml", SWEEP.replace("own", "text-generation/scratch"))
    history.commit("of a shipped one")
    assert reviewed(cli) == {}
    history.edit("../sweeps/both.yaml", "[float32, float16]", "[float32]")
    (found,) = reviewed(cli).values()
    assert [rule for _, rule, _ in found] == ["points-removed"]


def test_new_deleted_and_broken_sweeps_are_told(cli: Cli, history: History) -> None:
    history.write("../sweeps/new.yaml", SWEEP)
    history.edit("../sweeps/both.yaml", "float16", "flot16")
    found = reviewed(cli)
    assert found["sweeps/new"] == [("cost", "sweep-added", None)]
    assert found["sweeps/both"] == [("breaking", "sweep-broken", None)]
    assert "`sweeps/both.yaml:2:25` `unknown-value`" in cli("review", "HEAD").stdout
    (history.folder / "sweeps/both.yaml").unlink()
    assert reviewed(cli)["sweeps/both"] == [("cost", "sweep-deleted", None)]
