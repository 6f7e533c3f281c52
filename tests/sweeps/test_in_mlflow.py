"""A sweep in MLflow: a parent with its report, and children that show what varies alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

from runner.sweeps.parents import NOTE_FILE, Noted
from tests.checkpoints import classifier
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
RECIPE = """\
task: text-classification
source: {kind: local, path: clf}
evaluation:
  views: []
  dataset: {rows: [{text: good, label: POSITIVE}, {text: bad, label: NEGATIVE}], target: label}
  metrics: [accuracy]
"""


SEARCH = """\
recipe: case
search:
  space: {dtype: [float32, bfloat16, float16], max_shard_size: [1MB, 2MB]}
  objectives: {accuracy: maximize}
  trials: 2
"""


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store, which takes seconds to be made."""
    return f"sqlite:///{tmp_path_factory.mktemp('store')}/mlflow.db"


def _as_a_kill_leaves_it(client: MlflowClient, parent: str, workspace: Path) -> None:
    """Have all points of a sweep done, and its own run open."""
    (note,) = workspace.rglob(NOTE_FILE)
    noted = Noted.model_validate_json(note.read_bytes())
    note.write_text(noted.model_copy(update={"is_open": True}).model_dump_json())
    client.update_run(parent, "RUNNING")


def test_its_points_are_children_of_one_run_which_says_what_to_ship(
    cli: Cli, workspace: Path, uri: str
) -> None:
    classifier(workspace / "clf")
    (workspace / "case.yaml").write_text(RECIPE)
    line = ("-m", "+recipe=case.yaml", "dtype=float32,bfloat16", f"tracking.uri={uri}")
    done = cli(*line)
    assert done.code == 0, done.stderr
    client = MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("recipes")
    assert experiment is not None

    def runs(wanted: str) -> list:
        return list(client.search_runs([experiment.experiment_id], wanted))

    (parent,) = runs("tags.`sweep.points` = '2'")
    children = runs(f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert parent.info.status == "FINISHED"
    assert {tuple(run.data.params.items()) for run in children} == {
        (("dtype", "float32"),),
        (("dtype", "bfloat16"),),
    }
    assert [file.path for file in client.list_artifacts(parent.info.run_id)] == ["report.html"]
    _as_a_kill_leaves_it(client, parent.info.run_id, workspace)
    assert cli(*line).code == 0
    assert client.get_run(parent.info.run_id).info.status == "FINISHED"
    assert len(runs("")) == 3
    sentence = parent.data.tags["sweep.says"]
    assert sentence in done.stderr
    compared = cli(
        "report", f"runs:/{parent.info.run_id}", "--tracking-uri", uri, "--output", "json"
    ).document
    assert compared["says"].split(":")[0] == sentence.split(":")[0]
    assert [run["values"] for run in compared["runs"]] == [
        {"dtype": "float32"},
        {"dtype": "bfloat16"},
    ]

    weights = workspace / "clf" / "model.safetensors"
    whole = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(b"broken")
    assert cli(*line, "--rerun").code == 3
    (again,) = runs("tags.`sweep.points` = '2'")
    assert (again.info.run_id, again.info.status) == (parent.info.run_id, "FAILED")
    weights.write_bytes(whole)
    one = ("+recipe=case.yaml", "dtype=bfloat16", f"tracking.uri={uri}", "out=multirun")
    done = cli(*one)
    assert done.code == 0, done.stderr
    (again,) = runs("tags.`sweep.points` = '2'")
    assert again.info.run_id == parent.info.run_id
    assert again.data.tags["sweep.varies"] == "dtype"


def test_the_points_of_a_search_are_children_of_one_run_also_when_it_goes_on(
    cli: Cli, workspace: Path, uri: str
) -> None:
    pytest.importorskip("optuna")
    classifier(workspace / "clf")
    for folder, text in (
        ("recipes/case", RECIPE.replace("clf", "../clf")),
        ("sweeps/find", SEARCH),
    ):
        file = workspace / f"{folder}.yaml"
        file.parent.mkdir()
        file.write_text(text)
    line = ("-m", "+sweep=find", f"tracking.uri={uri}", "tracking.experiment=searched")
    client = MlflowClient(uri, uri)
    for trials in (2, 3):
        (workspace / "sweeps/find.yaml").write_text(
            SEARCH.replace("trials: 2", f"trials: {trials}")
        )
        done = cli(*line)
        assert done.code == 0, done.stderr
        experiment = client.get_experiment_by_name("searched")
        assert experiment is not None
        runs = client.search_runs([experiment.experiment_id])
        (parent,) = [run for run in runs if "sweep.says" in run.data.tags]
        children = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        assert parent.info.status == "FINISHED"
        assert len(children) == len(runs) - 1
        points = list(workspace.glob("multirun/case/*/record.json"))
        assert parent.data.tags["sweep.points"] == str(len(points)) == str(len(children))
