"""Rows that lie on a hub or in MLflow: fetched, counted, pinned, and named where they cannot be."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import mlflow.data
import pandas as pd
import pytest
import yaml
from mlflow.entities import Dataset, DatasetInput

from runner import compose
from runner.errors import SourceError
from runner.locks.beside import parts_beside
from runner.recipe.labelled import labelled_of
from runner.stores import asking
from runner.work.on_data import check_rows, plan_data
from tests.conftest import REPOSITORY, Outcome
from tests.forked import start
from tests.hub_server import Hub

SHARDS = ["text,label\none,POSITIVE\ntwo,NEGATIVE\n", "text,label\nthree,POSITIVE\n"]
ROWS = "text,label\ngood,POSITIVE\nbad,NEGATIVE\nfine,POSITIVE\n"
ASKED = """
import json
from pathlib import Path
from runner import RecipeError, compose
from runner.errors import RunnerError
from runner.locks.beside import parts_beside
from runner.recipe.labelled import labelled_of
from runner.work.on_data import check_rows, plan_data

told = []
for name in ("main", "commit", "lost", "gone", "shards", "none"):
    composed = compose(f"{name}.yaml", "tracking.uri=null")
    try:
        rows, data = check_rows(composed), labelled_of(composed)
        files = parts_beside(composed)["dataset"].files
        planned = plan_data(composed, Path("out"))
        told.append([rows, [one.given for one in data.examples()], planned.name, planned.rows,
                     [file.sha256 for file in files.values()], [*files]])
    except RunnerError as error:
        told.append([error.exit, error.message])
place = compose("shards.yaml", "tracking.uri=null").recipe.evaluation.dataset.elsewhere
place.at_hand(None)[1].unlink()  # as a kill in the middle of the fetch leaves it
told.append([len(place.at_hand(None)), place.fetch(None), len(place.at_hand(None))])
for spoiled in ("[1", '{"a": 1}'):
    place._note.write_text(spoiled)
    told[-1] += [len(place.at_hand(None)), place.fetch(None), len(place.at_hand(None))]
print(json.dumps(told))
"""


def written(name: str, place: dict[str, str]) -> str:
    recipe = {
        "task": "text-classification",
        "source": {"kind": "scratch", "architecture": "bert"},
        "evaluation": {"dataset": {"path": place, "target": "label"}, "metrics": ["accuracy"]},
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    return f"{name}.yaml"


def in_mlflow(uri: str, dataset: str | None) -> str:
    named = {"dataset": dataset} if dataset else {}
    return written("asked", {"kind": "mlflow", "uri": uri, **named})


def test_a_file_of_a_dataset_on_the_hub_is_fetched_at_its_revision(
    workspace: Path, hub: Hub
) -> None:
    older = hub.add("datasets/org/reviews", {"data/test.csv": ROWS.encode()})
    hub.add(
        "datasets/org/reviews", {"data/test.csv": ROWS.replace("good", "great").encode(), "x": b""}
    )
    at = {"kind": "hub", "repo": "org/reviews", "path": "data/test.csv"}
    written("main", at)
    written("commit", at | {"revision": older})
    written("lost", at | {"path": "data/tset.csv"})
    written("gone", at | {"repo": "org/others"})
    shards = {f"data/all-0000{n}-of-00002.csv": text.encode() for n, text in enumerate(SHARDS)}
    others = {"data/all.csv": b"", "data/deep/all-1.csv": b"", "README.md": b""}
    whole = hub.add("datasets/org/parts", shards | others)
    at |= {"repo": "org/parts", "revision": whole}
    written("shards", at | {"path": "data/all-*.csv"})
    written("none", at | {"path": "data/*.parquet"})
    ended = start(ASKED, workspace, path=[str(REPOSITORY)]).end()
    assert ended.code == 0, ended.stderr
    main, commit, lost, gone, parts, none, cut = json.loads(ended.stdout)
    assert main[:4] == [3, ["great", "bad", "fine"], "org/reviews@main/data/test.csv", 3]
    assert commit[:2] == [3, ["good", "bad", "fine"]]
    assert main[4] != commit[4]
    assert main[5] == ["test.csv"]
    assert lost[0] == gone[0] == 3
    assert "data/tset.csv" in lost[1]
    assert "datasets/org/others" in gone[1]
    assert parts[:4] == [3, ["one", "two", "three"], f"org/parts@{whole}/data/all-*.csv", 3]
    assert parts[5] == ["all-00000-of-00002.csv", "all-00001-of-00002.csv"]
    assert parts[4] == [hashlib.sha256(content).hexdigest() for content in shards.values()]
    assert none == [3, f"The dataset org/parts has no file like data/*.parquet at {whole}"]
    assert cut == [0, None, 2] * 3, "of a cut fetch, and of notes that say nothing"
    listed = [one for one in hub.requests if one.path.startswith("/api/datasets/org/parts")]
    assert len(listed) == 5, "a pinned dataset is listed until it is here"


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A store, and a run with the rows as an artifact, and as the source of a dataset."""
    folder = tmp_path_factory.mktemp("store")
    uri, rows = f"sqlite:///{folder}/mlflow.db", folder / "rows.csv"
    rows.write_text(ROWS)
    frame = pd.read_csv(rows)
    with asking(uri, lambda reason, remedy: SourceError(reason, remedy)) as client:
        experiment = client.create_experiment("data", f"file://{folder}/artifacts")
        run = client.create_run(experiment)
        client.log_artifact(run.info.run_id, str(rows), "data")
        made = [
            mlflow.data.from_pandas(frame, source=str(rows), name="reviews"),
            mlflow.data.from_pandas(frame, name="made"),
        ]
        inputs = [DatasetInput(Dataset.from_dictionary(one.to_dict())) for one in made]
        client.log_inputs(run.info.run_id, inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield uri, run.info.run_id


@pytest.mark.parametrize(
    ("path", "dataset", "name"),
    [("/data/rows.csv", None, "runs:/{}/data/rows.csv"), ("", "reviews", "runs:/{} reviews")],
)
def test_rows_in_mlflow_are_an_artifact_or_what_a_run_logged(
    workspace: Path, logged: tuple[str, str], path: str, dataset: str | None, name: str
) -> None:
    uri, run = logged
    place = {"kind": "mlflow", "uri": f"runs:/{run}{path}"} | (
        {"dataset": dataset} if dataset else {}
    )
    composed = compose(written("asked", place), f"tracking.uri={uri}")
    assert check_rows(composed) == 3
    data, planned = labelled_of(composed), plan_data(composed, Path("out"))
    assert data is not None
    assert planned is not None
    assert [one.given for one in data.examples()] == ["good", "bad", "fine"]
    assert (planned.name, planned.rows, planned.bytes) == (name.format(run), 3, len(ROWS))
    locked = parts_beside(composed)["dataset"]
    assert [*locked.files] == ["rows.csv"]


@pytest.mark.parametrize(
    ("path", "dataset", "said"),
    [
        ("/data/row.csv", None, "row.csv cannot be fetched"),
        ("", "review", "has no dataset review"),
        ("", "made", "comes from no file: code"),
    ],
)
def test_rows_that_mlflow_has_not_are_named(
    workspace: Path, logged: tuple[str, str], path: str, dataset: str | None, said: str
) -> None:
    uri, run = logged
    place = {"kind": "mlflow", "uri": f"runs:/{run}{path}"} | (
        {"dataset": dataset} if dataset else {}
    )
    composed = compose(written("asked", place), f"tracking.uri={uri}")
    with pytest.raises(SourceError) as raised:
        check_rows(composed)
    assert said in raised.value.message


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"kind": "hub", "repo": "a b", "path": "x.csv"}, "error[bad-repo] `a b`"),
        ({"kind": "hub", "repo": "o/r", "path": "../x.csv"}, "error[bad-dataset] `../x.csv`"),
        ({"kind": "hub", "repo": "o/r", "path": "x.xls"}, "error[bad-dataset] x.xls"),
        ({"kind": "mlflow", "uri": "rows.csv"}, "error[bad-dataset] `rows.csv` is no URI"),
        ({"kind": "mlflow", "uri": "runs:/1/a.csv", "dataset": "x"}, "error[bad-dataset]"),
        ({"kind": "ftp", "uri": "x"}, "ftp"),
        ({"kind": "hub", "repo": "o/r"}, "error[missing"),
    ],
)
def test_a_place_of_the_wrong_form_is_found_without_asking_anybody(
    workspace: Path, cli: Callable[..., Outcome], place: dict[str, str], said: str
) -> None:
    found = cli("validate", written("asked", place))
    assert found.code == 2
    assert said in found.stderr + found.stdout
