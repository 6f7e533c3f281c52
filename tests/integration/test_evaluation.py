"""A model on the rows of its recipe: what is measured is right, kept, and decides."""

import csv
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from runner import RunRecord, compose, evaluate, run
from runner.datasets import DataError
from runner.errors import SourceError
from runner.evaluated import GateVerdict
from tests.checkpoints import classifier
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
ROWS = 400
WRONG = 40


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a classifier, 400 rows of which it has 360 right, and a recipe."""
    from transformers import pipeline

    folder = tmp_path_factory.mktemp("home")
    classifier(folder / "clf")
    ask = pipeline("text-classification", str(folder / "clf"))
    words = ["good", "bad", "fine", "awful", "great", "poor", "nice", "dull"]
    texts = [f"{words[n % 8]} {words[n // 8 % 8]} {words[n // 64 % 8]} {n}" for n in range(ROWS)]
    other = {"NEGATIVE": "POSITIVE", "POSITIVE": "NEGATIVE"}
    with (folder / "reviews.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["key", "text", "label", "lang"])
        for n, (text, best) in enumerate(zip(texts, ask(texts, batch_size=100), strict=True)):
            label = other[best["label"]] if n % 10 == 0 else best["label"]
            writer.writerow([f"r{n}", text, label, "de" if n % 4 == 0 else "en"])
    (folder / "recipes").mkdir()
    written(folder)
    return folder


def written(home: Path, name: str = "reviews", source: Path | None = None, **evaluation) -> str:
    dataset = {"path": "../reviews.csv", "target": "label", "id": "key"}
    recipe = {
        "task": "text-classification",
        "source": {"kind": "local", "path": str(source or home / "clf")},
        "evaluation": {
            "views": ["pyfunc"],
            "dataset": {**dataset, **evaluation.pop("dataset", {})},
            "metrics": ["accuracy"],
            **evaluation,
        },
    }
    (home / "recipes" / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    return str(home / "recipes" / f"{name}.yaml")


def composed(recipe: str, home: Path, *overrides: str):
    return compose(recipe, f"out={home}/outputs", "tracking.uri=null", *overrides)


@pytest.fixture(scope="module")
def record(home: Path) -> RunRecord:
    """The record of one run of it."""
    gates = {"accuracy": ">= 0.85", "size_bytes": "> 0", "latency_p50_ms": "< 60000"}
    recipe = written(home, slices=["lang"], gates=gates)
    return run(composed(recipe, home))


@pytest.fixture
def model(record: RunRecord) -> str:
    return record.model


def opened_weights(work: Callable[[], object]) -> list[str]:
    """Do something, and give the weights that were opened for it."""
    opened: list[str] = []

    def hook(event: str, arguments: tuple) -> None:
        if event == "open" and str(arguments[0]).endswith(".safetensors"):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    work()
    return list(opened)


def test_what_is_measured_is_what_another_way_of_counting_gives(
    home: Path, record: RunRecord
) -> None:
    from scipy.stats import binomtest

    found = record.evaluation
    assert (found.data.rows, found.data.inferred, len(found.data.sha256)) == (ROWS, ROWS, 64)
    scores = {score.name: score for score in found.scores}
    right = ROWS - WRONG
    wilson = binomtest(right, ROWS).proportion_ci(0.95, "wilson")
    whole = scores["accuracy"]
    assert (whole.value, whole.rows) == (right / ROWS, ROWS)
    assert (whole.low, whole.high) == pytest.approx((wilson.low, wilson.high))
    assert scores["accuracy.slices.lang.de"].value == pytest.approx(80 / 100)
    assert scores["accuracy.slices.lang.en"].value == pytest.approx(280 / 300)
    assert {gate.name: gate.verdict for gate in found.gates} == dict.fromkeys(
        ("accuracy", "size_bytes", "latency_p50_ms"), GateVerdict.PASSED
    )
    assert record.verdict == "passed"
    assert [row.id for row in found.worst] == [f"r{n}" for n in range(0, 100, 10)]
    assert all(row.target != row.answer[0]["label"] for row in found.worst)


def test_what_is_measured_beside_the_metrics_is_there_and_in_order(record: RunRecord) -> None:
    found = record.evaluation
    measured = found.measured
    quantiles = [measured[f"latency_p{n}_ms"] for n in (50, 95, 99)]
    assert quantiles == sorted(quantiles)
    assert quantiles == pytest.approx(np.quantile(found.latencies_ms, (0.5, 0.95, 0.99)), abs=1e-3)
    files = [file for file in Path(record.model).rglob("*") if file.is_file()]
    assert measured["size_bytes"] == sum(file.stat().st_size for file in files)
    assert measured["peak_memory_bytes"] > measured["size_bytes"]
    assert min(measured[name] for name in ("rows_per_second", "load_seconds")) > 0


def test_the_table_has_every_row_as_mlflow_has_it(record: RunRecord) -> None:
    table = pd.read_json(record.evaluation.table, orient="split", dtype=False)
    assert list(table.columns) == ["id", "inputs", "targets", "outputs", "lang", "accuracy"]
    assert table["accuracy"].sum() == ROWS - WRONG
    assert table["id"].tolist() == [f"r{n}" for n in range(ROWS)]


def test_the_report_of_a_run_is_beside_its_record(record: RunRecord) -> None:
    html, markdown, *_ = map(Path, record.reports)
    assert html.parent == markdown.parent == Path(record.model).parent
    text = markdown.read_text()
    assert text.startswith("# Passed: `reviews`\n\n3 gates and ")
    assert f"{WRONG} of {ROWS} rows are not right by `accuracy`." in text
    assert "| `de` | 100 | 0.8 (" in text
    assert record.digest in text
    assert len(html.read_bytes()) < 150_000


def test_another_gate_asks_the_model_nothing(home: Path, model: str, cli: Cli) -> None:
    recipe = written(home, "again", gates={"accuracy": ">= 0.95"})
    found = []
    again = composed(recipe, home)
    opened = opened_weights(lambda: found.append(evaluate(model, again).evaluation))
    assert opened == []
    assert found[0].data.inferred == 0
    (gate,) = found[0].gates
    assert (gate.verdict, gate.value) == (GateVerdict.FAILED, 0.9)


def test_requests_are_timed_for_a_part_of_the_time_or_as_many_as_a_gate_needs(
    home: Path, model: str
) -> None:
    """The rows of a tiny model are soon answered: five requests are enough for it."""
    gates = {"accuracy": ">= 0.1"}
    usual = composed(written(home, "timed", gates=gates), home, "evaluation.seed=7")
    timed = evaluate(model, usual).evaluation.latencies_ms
    rate = evaluate(model, usual).evaluation.measured["rows_per_second"]
    share = 1000 * 0.02 * ROWS / rate
    assert 5 <= len(timed) <= 20
    assert sum(timed[5:-1]) < share
    assert len(timed) == 20 or sum(timed) >= share * 0.99
    gates = {"accuracy": ">= 0.1", "latency_p95_ms": "> 0"}
    gated = composed(written(home, "timed", gates=gates), home, "evaluation.seed=7")
    found = evaluate(model, gated).evaluation
    assert (len(found.latencies_ms), found.data.inferred) == (100, 0)
    assert found.latencies_ms[: len(timed)] == timed


@pytest.mark.parametrize("kept", ["batch, load, memory", "batch, load, request"])
def test_what_a_kill_left_of_the_measures_is_told(
    home: Path, model: str, cli: Cli, kept: str
) -> None:
    """Memory is kept with each batch, so that a kill takes it only with the answers."""
    recipe = written(home, "killed", gates={"accuracy": ">= 0.1"})
    out = home / kept.replace(", ", "-")
    evaluate(model, compose(recipe, f"out={out}", "tracking.uri=null"))
    with sqlite3.connect(out / ".store" / "predictions.sqlite") as opened:
        count = dict(opened.execute("SELECT what, count(*) FROM timings GROUP BY what"))
        assert count["memory"] >= count["batch"]
        names = ", ".join(f"'{name}'" for name in kept.split(", "))
        opened.execute(f"DELETE FROM timings WHERE what NOT IN ({names})")
    done = cli("evaluate", model, f"+recipe={recipe}", f"out={out}", "tracking.uri=null")
    assert done.code == 0, done.stderr
    assert ("of memory" in " ".join(done.stderr.split())) == ("memory" in kept)


@pytest.mark.parametrize(
    ("gate", "verdict", "code"),
    [(">= 0.8", "passed", 0), (">= 0.97", "failed", 1), (">= 0.89", "undecided", 1)],
)
def test_the_exit_code_is_what_the_gates_say(
    home: Path, model: str, cli: Cli, gate: str, verdict: str, code: int
) -> None:
    recipe = written(home, "gated", gates={"accuracy": gate})
    asked = ("evaluate", model, recipe, f"out={home}/outputs", "tracking.uri=null")
    done = cli(*asked, "--output", "json")
    assert (done.code, done.document["verdict"]) == (code, verdict)
    (said,) = done.document["evaluation"]["gates"]
    assert said["verdict"] == verdict
    assert ("rows do not decide it; about" in said["message"]) == (verdict == "undecided")
    shown = done.stderr
    assert verdict in shown
    assert "r0" in shown
    assert "400 rows, 400 of them answered before" in shown
    html, markdown = map(Path, done.document["reports"])
    assert f"report: {html}" in shown
    assert html == home / "outputs" / "gated" / "default" / "evaluated" / "report.html"
    assert f'class="verdict {verdict}"' in html.read_text()
    assert markdown.read_text().startswith(f"# {verdict.capitalize()}: `gated`\n")


def test_a_slice_that_no_row_is_in_fails_its_gate(home: Path, model: str) -> None:
    recipe = written(home, "sliced", slices=["lang"], gates={"accuracy.slices.lang.fr": ">= 0.1"})
    (gate,) = evaluate(model, composed(recipe, home)).evaluation.gates
    assert gate.verdict is GateVerdict.FAILED
    assert gate.message == "nothing of that name was measured; there are de, en"


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ({"id": "lang"}, "reviews.csv, row 3: en is the id of another"),
        ({"where": "lang == 'fr'"}, "reviews.csv has no rows to evaluate"),
        ({"labels": {"POSITIVE": "1", "NEGATIVE": "0"}}, "no target is a label of the model"),
    ],
)
def test_rows_that_say_nothing_are_refused(
    home: Path, model: str, dataset: dict, said: str
) -> None:
    recipe = written(home, "refused", dataset=dataset)
    with pytest.raises(DataError, match=said):
        evaluate(model, composed(recipe, home))


def test_a_broken_row_stops_a_run_before_anything_is_made(home: Path, cli: Cli) -> None:
    Path("reviews.csv").write_text("text,label\nGood.,POSITIVE\nBad.,\n")
    Path("recipes").mkdir()
    recipe = written(Path(), source=home / "clf", dataset={"id": None})
    done = cli(recipe, "tracking.uri=null")
    assert done.code == 3
    assert "reviews.csv, row 2, column label is empty" in done.stderr
    assert not list(Path("outputs").rglob("MLmodel"))


def test_a_model_that_this_did_not_make_is_evaluated_too(home: Path, tmp_path: Path) -> None:
    import mlflow.pyfunc

    class Always(mlflow.pyfunc.PythonModel):
        def predict(self, model_input: list[str], params=None) -> list[str]:
            return ["NEGATIVE" for _ in model_input]

    mlflow.pyfunc.save_model(tmp_path / "other", python_model=Always(), pip_requirements=["mlflow"])
    found = evaluate(tmp_path / "other", composed(written(home, "other"), home)).evaluation
    with (home / "reviews.csv").open() as opened:
        labels = [row["label"] for row in csv.DictReader(opened)]
    assert found.scores[0].value == labels.count("NEGATIVE") / ROWS


def test_mlflow_has_the_rows_the_metrics_and_the_table_and_an_alias_only_for_a_pass(
    home: Path, tmp_path: Path
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    store = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(store)
    tracking = ["+tracking.register_as=reviews", "+tracking.alias=champion"]
    for gate, alias in ((">= 0.97", ""), (">= 0.8", "2")):
        recipe = written(home, "tracked", gates={"accuracy": gate}, dataset={"limit": 100})
        asked = compose(
            recipe, f"out={home}/outputs", *[t.lstrip("+") for t in tracking],
            f"tracking.uri={store}",
        )  # fmt: skip
        done = run(asked)
        if alias:
            version = client.get_model_version_by_alias("reviews", "champion").version
            assert str(version) == alias
        else:
            with pytest.raises(MlflowException, match="alias"):
                client.get_model_version_by_alias("reviews", "champion")
    logged = client.get_run(done.tracking.run_id)
    assert logged.data.metrics["accuracy"] == 0.9
    (given,) = logged.inputs.dataset_inputs
    assert given.dataset.name == "reviews.csv"
    assert done.evaluation.data.sha256.startswith(given.dataset.digest)
    names = [file.path for file in client.list_artifacts(done.tracking.run_id)]
    assert {"eval_results_table.json", "report.html", "report.md"} <= {*names}
    model = client.get_logged_model(done.tracking.model_id)
    assert {metric.key: metric.dataset_name for metric in model.metrics}[
        "accuracy"
    ] == "reviews.csv"
    version = client.get_model_version("reviews", "2")
    assert version.tags["recipe.verdict"] == "passed"
    assert version.tags["recipe.digest"] == done.digest
    assert version.tags["metric.accuracy"] == "0.9"
    assert version.tags["gate.accuracy"] == "passed (>= 0.8)"
    by_name = {
        "": "models:/reviews@champion",
        "models:/reviews/2": "models:/reviews/2",
        f"runs:/{done.tracking.run_id}": f"runs:/{done.tracking.run_id}",
    }
    for name, champion in by_name.items():
        said = {"champion": name} if name else {}
        recipe = written(home, "challenger", gates={"accuracy": ">= champion - 0.05"}, **said)
        asked = compose(
            recipe, f"out={home}/outputs", "tracking.register_as=reviews", f"tracking.uri={store}"
        )
        (gate,) = evaluate(done.model, asked).evaluation.gates
        assert (gate.verdict, gate.comparison.champion) == (GateVerdict.PASSED, champion)
        assert (gate.comparison.rows, gate.comparison.effect, gate.comparison.p) == (100, 0.0, 1.0)


@pytest.mark.parametrize(
    ("champion", "said"),
    [
        (None, "there is no champion yet, or this model is it"),
        ("models:/others@champion", "there is no champion yet, or this model is it"),
        ("models:/others/1", "models:/others/1, the champion, cannot be had"),
        ("runs:/" + "0" * 32, "the champion, cannot be had"),
        ("../outputs/nowhere", "../outputs/nowhere, the champion, has no eval_results_table.json"),
    ],
)
def test_a_champion_that_is_not_there(
    home: Path, model: str, tmp_path: Path, champion: str | None, said: str
) -> None:
    named = {"champion": champion} if champion else {}
    recipe = written(home, "challenger", gates={"accuracy": ">= champion"}, **named)
    store = f"tracking.uri=sqlite:///{tmp_path}/mlflow.db"
    asked = compose(recipe, f"out={home}/outputs", "tracking.register_as=new", store)
    if said.startswith("there is"):
        (gate,) = evaluate(model, asked).evaluation.gates
        assert (gate.verdict, gate.message) == (GateVerdict.PASSED, said)
    else:
        with pytest.raises(SourceError, match=said):
            evaluate(model, asked)
        with pytest.raises(SourceError, match=said):
            run(asked)
        assert not [*home.glob("outputs/challenger/*/model")], "it is told before anything is made"


def test_a_record_is_a_champion_and_a_better_one_wins(
    home: Path, record: RunRecord, cli: Cli
) -> None:
    folder = os.path.relpath(Path(record.model).parent, home / "recipes")
    gates = {"accuracy": "> champion", "accuracy.slices.lang.de": ">= champion"}
    recipe = written(home, "same", gates=gates, slices=["lang"], champion=folder)
    done = cli("evaluate", record.model, recipe, f"out={home}/outputs", "tracking.uri=null")
    assert done.code == 1
    words = " ".join(done.stderr.split())
    assert "the champion has 0.9 on 400 rows: a difference of +0" in words


def test_a_point_is_held_to_another_of_the_same_recipe(
    home: Path, record: RunRecord, cli: Cli
) -> None:
    gates = {"accuracy": ">= default - 0.01", "accuracy.slices.lang.de": "> default"}
    recipe = written(home, slices=["lang"], gates=gates)
    (close, better) = evaluate(
        record.model, composed(recipe, home, "evaluation.confidence=0.9")
    ).evaluation.gates
    assert (close.verdict, close.comparison.champion, close.comparison.rows) == (
        GateVerdict.PASSED, "default", ROWS,
    )  # fmt: skip
    assert (better.verdict, better.comparison.effect) == (GateVerdict.UNDECIDED, 0.0)
    assert better.message.startswith("default has 0.8 on 100 rows: a difference of +0")
    (itself, _) = evaluate(record.model, composed(recipe, home)).evaluation.gates
    assert (itself.verdict, itself.message) == (GateVerdict.PASSED, "this is default itself")
    recipe = written(home, gates={"accuracy": ">= float32"})
    done = cli(
        "evaluate", record.model, recipe, f"out={home}/outputs", "tracking.uri=null",
        "evaluation.confidence=0.8",
    )  # fmt: skip
    assert done.code == 3
    assert "No point float32, which a gate names, is in" in " ".join(done.stderr.split())


def test_a_plan_says_how_long_the_rows_took(home: Path, record: RunRecord, cli: Cli) -> None:
    recipe = written(home)
    asked = ["plan", f"+recipe={recipe}", f"out={home}/outputs"]
    planned = cli(*asked, "--output", "json").document["data"]
    speed = record.evaluation.measured["rows_per_second"]
    assert (planned["rows"], planned["seconds"]) == (ROWS, pytest.approx(ROWS / speed))
    assert "; the newest run took" in cli(*asked).stdout


def test_a_lock_holds_the_rows_and_a_plan_counts_them(home: Path, cli: Cli) -> None:
    recipe = written(home, "locked", dataset={"where": "lang == 'de'"})
    planned = cli("plan", f"+recipe={recipe}", "--output", "json").document["data"]
    size = (home / "reviews.csv").stat().st_size
    assert planned == {"name": "../reviews.csv", "rows": 100, "bytes": size, "seconds": None}
    assert "100 rows (../reviews.csv, " in cli("plan", f"+recipe={recipe}").stdout
    assert cli("lock", recipe).code == 0
    lock = yaml.safe_load((home / "recipes" / "locked.lock.yaml").read_text())
    assert lock["parts"]["dataset"]["files"]["reviews.csv"]["size"] == size
    before = (home / "reviews.csv").read_text()
    try:
        (home / "reviews.csv").write_text(before.replace("good", "fine", 1))
        done = cli("lock", recipe, "--check")
        assert done.code == 1
        assert "error[file-changed]" in done.stdout
        done = cli(f"+recipe={recipe}", "--locked", f"out={home}/locked", "tracking.uri=null")
        assert done.code == 3
        assert "reviews.csv" in done.stderr
    finally:
        (home / "reviews.csv").write_text(before)
