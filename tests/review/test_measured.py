"""Metrics on data of both sides: from locks, from records that lie there, from runs of both."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runner.locks.lock import Lock
from runner.locks.proven import locked_result
from runner.locks.reading import read_any_lock
from runner.recipe.compose import compose
from runner.recipe.language.digest import digest
from tests.checkpoints import classifier
from tests.comparing.points import answers, point, record_at
from tests.conftest import Outcome
from tests.review.history import LABELS, History, lock

Cli = Callable[..., Outcome]
DATA = """\
task: text-classification
source: {kind: local, path: ../clf}
model_config: {top_k: 1}
evaluation:
  views: [native]
  dataset:
    path: ../rows.csv
    inputs: text
    target: label
  metrics: [accuracy]
"""


@pytest.fixture
def repo(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A repository with a model, its data and a recipe on main; its top is where one stands."""
    history = History.start(workspace / "acme")
    classifier(history.folder / "clf")
    rows = "".join(f"{given},{'NEGATIVE' if n % 3 else 'POSITIVE'}\n"
                   for n, (given, *_) in enumerate(answers(0, rows=12)))  # fmt: skip
    (history.folder / "rows.csv").write_text(f"text,label\n{rows}")
    history.write("labels.yaml", DATA)
    history.commit("start")
    monkeypatch.chdir(history.folder)
    return history


def metrics(done: Outcome) -> dict[str, tuple[str, object, object, str]]:
    changes = [change for one in done.document["recipes"] for change in one["changes"]]
    return {
        change["field"]: (change["rule"], change.get("before"), change.get("after"), change["what"])
        for change in changes
        if "metric" in change["rule"]
    }


def test_metrics_of_locks_come_with_their_intervals(cli: Cli, repo: History) -> None:
    repo.write("labels.yaml", LABELS)
    for value, low, high in ((0.91, 0.88, 0.94), (0.85, 0.81, 0.88)):
        values = yaml.safe_load(lock())
        score = {"value": value, "low": low, "high": high, "rows": 400}
        values["result"]["scores"] = {"accuracy": score}
        repo.write("labels.lock.yaml", yaml.safe_dump(values))
        if value == 0.91:
            repo.commit("locked")
    assert metrics(cli("review", "main", "--output", "json")) == {
        "lock.result.scores.accuracy": (
            "metric-moved",
            "0.91 (0.88 to 0.94)",
            "0.85 (0.81 to 0.88)",
            "metric moved: -0.06, the intervals overlap",
        )
    }


def test_records_of_both_sides_are_compared_row_by_row(cli: Cli, repo: History) -> None:
    def left(name: str, wrong: int) -> None:
        folder = point(Path("made"), name, wrong, digest=digest(compose(["+recipe=labels"]).recipe))
        (Path("outputs/labels")).mkdir(parents=True, exist_ok=True)
        folder.rename(Path("outputs/labels") / name)

    left("before", 10)
    repo.edit("labels.yaml", "top_k: 1", "top_k: 2")
    left("after", 40)
    (found,) = metrics(cli("review", "main", "--output", "json")).items()
    assert found[0] == "records.metrics.accuracy"
    rule, before, after, what = found[1]
    assert (rule, before) == ("metric-moved", "0.95 (0.9104 to 0.9726)")
    assert str(after).startswith("0.8 (")
    assert what.startswith("metric moved: -0.15 (-0.")
    assert what.endswith(" on 200 rows")

    repo.commit("changed")
    repo.edit("labels.yaml", "top_k: 2", "top_k: 3")
    left("later", 41)
    (found,) = metrics(cli("review", "main", "--output", "json")).values()
    assert found[0] == "metric-within-chance"


def test_a_run_of_both_sides_compares_the_rows_of_the_dataset(cli: Cli, repo: History) -> None:
    swapped = "load: {model: {label2id: {POSITIVE: 0, NEGATIVE: 1}}}\nmodel_config:"
    repo.edit("labels.yaml", "model_config:", swapped)
    repo.edit("labels.yaml", "metrics: [accuracy]", "metrics: [accuracy, f1_macro]")
    done = cli("review", "main", "--run", "--output", "json")
    found = metrics(done)
    assert found["run.metrics.f1_macro"][:2] == ("metric-set", None)
    rule, before, after, what = found["run.metrics.accuracy"]
    assert rule in ("metric-moved", "metric-within-chance")
    assert {str(side).partition(" (")[0] for side in (before, after)} == {"0.3333", "0.6667"}
    assert what.endswith(" on 12 rows")


def test_weights_that_changed_without_a_lock_are_seen(cli: Cli, repo: History) -> None:
    weights = repo.folder / "clf" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    done = cli("review", "main", "--output", "json").document
    (change,) = done["recipes"][0]["changes"]
    assert (change["rule"], change["field"]) == ("files-changed", "source.files")


def test_a_lock_keeps_the_metrics_of_a_run_with_their_intervals(workspace: Path) -> None:
    result = locked_result(record_at(point(workspace, "a", wrong=10)))
    assert result.scores["accuracy"].model_dump() == {
        "value": 0.95,
        "low": pytest.approx(0.9104, abs=1e-4),
        "high": pytest.approx(0.9726, abs=1e-4),
        "rows": 200,
    }
    kept = Lock.model_validate({**yaml.safe_load(lock()), "result": result.model_dump()})
    file = workspace / "a.lock.yaml"
    assert kept.write(file)
    again = read_any_lock(file)
    assert isinstance(again, Lock)
    assert again.result == result
