"""``predict``: a file of rows through a packaged model, whoever made it, into a table."""

import csv
import json
import signal
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from mlflow.models import ModelSignature
from mlflow.types.schema import Array, ColSpec, DataType, Schema

from runner import compose, run
from runner.prediction.errors import PredictError
from runner.prediction.how import HowToPredict
from runner.prediction.inputs import inputs_of, row_of, with_files
from runner.tasks import get_task
from runner.work.predict import predict
from tests.checkpoints import causal_lm, classifier
from tests.command import alone
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
TEXTS = ["good", "bad", 'a "quoted", one', "ä\nline", "fine"]


def packaged(home: Path, name: str, **recipe: Any) -> Path:
    file = home / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"evaluation": {"views": []}, **recipe}))
    return Path(run(compose(str(file), f"out={home}/out", "tracking.uri=null")).model)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packaged classifier."""
    home = tmp_path_factory.mktemp("labels")
    source = {"kind": "local", "path": str(classifier(home / "clf"))}
    return packaged(home, "labels", task="text-classification", source=source)


def write_csv(file: Path, *rows: dict[str, Any]) -> Path:
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("written", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("read", ["csv", "jsonl", "json", "parquet"])
def test_each_row_gets_its_answer_in_every_format(
    workspace: Path, labels: Path, read: str, written: str
) -> None:
    data = workspace / f"data.{read}"
    rows = [{"key": f"r{n}", "text": text} for n, text in enumerate(TEXTS)]
    match read:
        case "csv":
            write_csv(data, *rows)
        case "jsonl":
            data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case "json":
            data.write_text(json.dumps(rows))
        case _:
            pq.write_table(pa.Table.from_pylist(rows), data)
    out = workspace / f"out.{written}"
    done = predict(str(labels), data, out, HowToPredict(batch=2))
    assert (done.rows, done.errors, done.asked) == (5, 0, 5)
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    readers |= {
        "tsv": lambda f: pd.read_csv(f, sep="\t"),
        "jsonl": lambda f: pd.read_json(f, lines=True),
    }
    found = readers[written](out)
    assert list(found) == ["key", "text", "prediction_label", "prediction_score", "error"]
    assert list(found["text"]) == TEXTS
    wanted = mlflow.pyfunc.load_model(str(labels)).predict(TEXTS)
    assert list(found["prediction_label"]) == list(wanted["label"])
    assert list(found["prediction_score"]) == pytest.approx(list(wanted["score"]), abs=1e-6)
    assert found["prediction_score"].dtype == "float64"
    assert found["error"].isna().all()
    assert {file.name for file in workspace.iterdir()} == {data.name, out.name}


def test_a_bad_row_says_why_and_stops_nothing(workspace: Path, labels: Path) -> None:
    rows = [{"text": text, "n": n} for n, text in enumerate(["good", None, "bad", "   "])]
    (workspace / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = predict(str(labels), Path("data.jsonl"), Path("out.jsonl"))
    assert done.errors == 1
    found = read_lines(workspace / "out.jsonl")
    assert [row["error"] for row in found] == [None, "column text is empty", None, None]
    assert [row["prediction_label"] is None for row in found] == [False, True, False, False]


@pytest.mark.parametrize("written", ["csv", "jsonl", "parquet"])
def test_what_only_a_later_row_has_is_in_the_table(
    workspace: Path, labels: Path, written: str
) -> None:
    rows = [{"text": "good"}, {"text": "bad", "more": "kept"}]
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = workspace / f"out.{written}"
    predict(str(labels), Path("data.jsonl"), out)
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    readers |= {"jsonl": lambda f: pd.read_json(f, lines=True)}
    found = readers[written](out)
    assert list(found)[:2] == ["text", "more"]
    assert list(found["more"].fillna("")) == ["", "kept"]


def test_dates_and_decimals_are_written_as_they_are(workspace: Path, labels: Path) -> None:
    moment, price = datetime(2026, 1, 2, 3, tzinfo=UTC), Decimal("1.00")
    table = pa.table({"text": ["good"], "at": [moment], "day": [moment.date()], "cost": [price]})
    pq.write_table(table, "data.parquet")
    predict(str(labels), Path("data.parquet"), Path("out.csv"))
    with Path("out.csv").open(newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert [row[name] for name in ("at", "day", "cost")] == [str(moment), "2026-01-02", "1.00"]


def test_bytes_are_written_as_an_input_takes_them(workspace: Path, labels: Path) -> None:
    long = timedelta(days=1, seconds=1)
    table = pa.table({"text": ["good"], "raw": [b"\xff\x00"], "in": [[b"a"]], "long": [long]})
    pq.write_table(table, "data.parquet")
    for name in ("out.csv", "out.jsonl"):
        predict(str(labels), Path("data.parquet"), Path(name))
    with Path("out.csv").open(newline="") as opened:
        (row,) = csv.DictReader(opened)
    assert (row["raw"], row["in"], row["long"]) == ("/wA=", '["YQ=="]', "1 day, 0:00:01")
    (line,) = read_lines(workspace / "out.jsonl")
    assert (line["raw"], line["in"], line["long"]) == ("/wA=", ["YQ=="], "1 day, 0:00:01")


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([1, 2**53 + 1], [1, 2**53 + 1]),
        ([2**63 - 1, -(2**63)], [2**63 - 1, -(2**63)]),
        ([2**64 - 1, 1], ["18446744073709551615", "1"]),
        ([2**70, None], ["1180591620717411303424", None]),
        ([0.5, 2**53], [0.5, 2.0**53]),
        ([0.5, 2**53 + 1], ["0.5", "9007199254740993"]),
        ([0.5, 2**70], ["0.5", "1180591620717411303424"]),
        ([True, 1], ["true", "1"]),
    ],
    ids=str,
)
def test_numbers_that_no_type_holds_are_texts(
    workspace: Path, labels: Path, values: list[Any], written: list[Any]
) -> None:
    lines = [json.dumps({"text": "good", "big": value}) + "\n" for value in values]
    (workspace / "data.jsonl").write_text("".join(lines))
    predict(str(labels), Path("data.jsonl"), Path("out.parquet"))
    assert pq.read_table("out.parquet")["big"].to_pylist() == written


@pytest.mark.parametrize("called", ["data.csv", "link.csv", "../{}/data.csv"])
def test_the_data_are_never_replaced(workspace: Path, labels: Path, cli: Cli, called: str) -> None:
    write_csv(workspace / "data.csv", {"text": "good"})
    Path("link.csv").symlink_to("data.csv")
    out = called.format(workspace.name)
    done = cli("predict", str(labels), "--data", "data.csv", "--out", out, "--again")
    assert done.code == 2
    assert "is the data" in done.stderr
    assert Path("data.csv").read_text() == "text\ngood\n"


PICKY = """
import os
from pathlib import Path

import mlflow


class Picky(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if (model_input["x"] < 0).any():
            raise ValueError("no number below 0")
        died = Path(os.environ.get("DIED", "/"))
        if (model_input["x"] == 13).any() and not died.exists():
            died.touch()
            os.kill(os.getpid(), 9)
        with Path(os.environ.get("ASKED", os.devnull)).open("a") as asked:
            asked.write("".join(f"{x}\\n" for x in model_input["x"]))
        return [x * (params or {}).get("times", 2) for x in model_input["x"]]


mlflow.models.set_model(Picky())
"""
"""Doubles numbers, and takes none that is negative; dies at 13 until a file is there."""


@pytest.fixture(scope="module")
def doubles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of somebody else's."""
    from mlflow.models.signature import ParamSchema
    from mlflow.types.schema import ParamSpec

    folder = tmp_path_factory.mktemp("doubles") / "model"
    code = folder.with_name("picky.py")
    code.write_text(PICKY)
    signature = ModelSignature(
        inputs=Schema([ColSpec("long", "x"), ColSpec("string", "note", required=False)]),
        outputs=Schema([ColSpec("long")]),
        params=ParamSchema([ParamSpec("times", "long", 2)]),
    )
    mlflow.pyfunc.save_model(
        str(folder), python_model=str(code), signature=signature, pip_requirements=["mlflow"]
    )
    return folder


def test_a_model_of_any_kind_is_asked_by_its_signature(workspace: Path, doubles: Path) -> None:
    rows = [{"number": n, "note": "" if n % 2 else "odd"} for n in range(40)]
    rows[7]["number"], rows[30]["number"], rows[31]["number"] = -1, "many", 2.0
    data = write_csv(workspace / "data.csv", *rows)
    how = HowToPredict({"x": "number"}, {"times": 3}, batch=16)
    done = predict(str(doubles), data, workspace / "out.jsonl", how)
    found = read_lines(workspace / "out.jsonl")
    wrong = {n: row["error"] for n, row in enumerate(found) if row["error"]}
    assert list(wrong) == [7, 30]
    assert "no number below 0" in wrong[7]
    assert wrong[30] == "column number: 'many' is not of type DataType.long"
    assert done.errors == 2
    right = [n for n in range(40) if n not in (7, 30, 31)]
    assert [found[n]["prediction"] for n in right] == [3 * n for n in right]
    assert found[31]["prediction"] == 6


def test_a_killed_one_goes_on_and_asks_for_no_row_twice(workspace: Path, doubles: Path) -> None:
    data = write_csv(workspace / "data.csv", *({"x": n} for n in range(20)))
    command = ["predict", str(doubles), "--data", str(data), "--out", "out.csv", "--batch", "4"]
    world = {"DIED": str(workspace / "died"), "ASKED": str(workspace / "asked")}
    killed = alone(workspace, *command, **world)
    assert killed.code == -signal.SIGKILL
    assert not (workspace / "out.csv").exists()
    with (workspace / "out.csv.partial").open("a") as partial:
        partial.write('{"answer": 9')  # as a kill inside a write leaves it
    done = alone(workspace, *command, "--output", "json", **world)
    assert done.code == 0, done.stderr
    assert (done.document["rows"], done.document["asked"]) == (20, 8)
    assert (workspace / "asked").read_text().split() == [str(n) for n in range(20)]
    whole = alone(workspace, *command[:5], "whole.csv", "--batch", "4", **world)
    assert whole.code == 0
    assert (workspace / "out.csv").read_bytes() == (workspace / "whole.csv").read_bytes()


def test_more_rows_take_no_more_memory(workspace: Path, doubles: Path) -> None:
    peaks = list[int]()
    for rows in (1_000, 10_000):
        data = write_csv(
            workspace / f"{rows}.csv", *({"x": n, "note": "n" * 200} for n in range(rows))
        )
        tracemalloc.start()
        try:
            done = predict(
                str(doubles), data, workspace / f"{rows}.out.csv", HowToPredict(batch=500)
            )
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert done.asked == rows
    assert peaks[1] < 1.1 * peaks[0]


def test_what_was_begun_with_something_else_is_not_gone_on_with(
    workspace: Path, cli: Cli, doubles: Path
) -> None:
    data = write_csv(workspace / "data.csv", {"x": 1})
    command = ["predict", str(doubles), "--data", str(data), "--out", "out.csv"]
    (workspace / "out.csv.partial").write_text('{"model": "another"}\n{"answer": 7}\n')
    done = cli(*command)
    assert done.code == 2
    assert "error[other-predictions]" in done.stderr
    assert cli(*command, "--again").code == 0
    assert (workspace / "out.csv").read_text() == "x,prediction,error\n1,2,\n"
    again = cli(*command)
    assert (again.code, "out.csv is there already" in again.stderr) == (2, True)


def test_texts_are_generated_with_params(workspace: Path, cli: Cli) -> None:
    source = {"kind": "local", "path": str(causal_lm(workspace / "lm"))}
    model = packaged(
        workspace, "lm", task="text-generation", source=source,
        model_config={"do_sample": False}, params={"max_new_tokens": 2},
    )  # fmt: skip
    data = write_csv(workspace / "data.csv", {"prompt": "hello"}, {"prompt": "world"})
    said = ["--inputs", "prompt", "--param", "max_new_tokens=5"]
    done = cli("predict", str(model), "--data", str(data), "--out", "out.jsonl", *said)
    assert done.code == 0, done.stderr
    assert done.stdout == "out.jsonl: 2 rows\n"
    wanted = mlflow.pyfunc.load_model(str(model)).predict(
        ["hello", "world"], params={"max_new_tokens": 5}
    )
    assert [row["prediction"] for row in read_lines(workspace / "out.jsonl")] == wanted


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "error[column-missing] the data have no column `x`. They have y."),
        (
            ["--inputs", "x=z"],
            2,
            "error[column-missing] the data have no column `z` for the input `x`",
        ),
        (["--inputs", "w=y"], 2, "error[unknown-input] the model has no input `w`."),
        (["--out", "out.xls"], 2, "error[bad-output] out.xls: .xls is no format of tables."),
        (["--data", "nowhere.csv"], 3, "error[data-failed] nowhere.csv cannot be read"),
        (["--data", "data.doc"], 3, "error[data-failed] data.doc: .doc is no format of data."),
        (["--param", "times"], 2, "error[wrong-argument] --param times:"),
        (
            ["--inputs", "x=y", "--data", "taken.csv"],
            2,
            "error[column-taken] the data have a column",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_loaded(
    workspace: Path, cli: Cli, doubles: Path, arguments: list[str], code: int, told: str
) -> None:
    write_csv(workspace / "data.csv", {"y": 1})
    write_csv(workspace / "taken.csv", {"y": 1, "prediction": 1})
    usual = ["--data", "data.csv", "--out", "out.csv"]
    done = cli("predict", str(doubles), *usual, *arguments)
    assert (done.code, told in done.stderr) == (code, True), done.stderr
    assert not [file for file in workspace.iterdir() if "out" in file.name]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "halves.jsonl",
            '{"text": "a\\ud800"}',
            "halves.jsonl, row 1, column text has half of a surr",
        ),
        (
            "halves.jsonl",
            '{"text": "a"}\n{"text": "b", "note": {"x": ["\\udfff"]}}',
            "halves.jsonl, row 2, column note has half of a surrogate pair.",
        ),
        ("halves.json", '[{"text": "a", "b\\ud800": 1}]', "has half of a surrogate pair."),
        ("none.jsonl", "", "none.jsonl is empty. Give it rows."),
        ("none.json", "[]", "none.json is empty. Give it rows."),
        ("other.csv", "text;label\na;b\n", "one column, `text;label`: `;` seems to separate"),
        ("other.csv", "text\tlabel\na\tb\n", ": a tab seems to separate its cells."),
        ("other.tsv", "text,label\na,b\n", "one column, `text,label`: `,` seems to separate"),
    ],
)
def test_data_that_no_table_can_hold_are_told(
    workspace: Path, labels: Path, cli: Cli, name: str, text: str, told: str
) -> None:
    (workspace / name).write_text(text)
    for out in ("out.csv", "out.parquet", "out.jsonl"):
        done = cli("predict", str(labels), "--data", name, "--out", out)
        assert (done.code, told in done.stderr) == (3, True), done.stderr
    assert [file.name for file in workspace.iterdir() if "out" in file.name] == []


def test_one_column_has_the_name_that_is_quoted(workspace: Path, labels: Path, cli: Cli) -> None:
    (workspace / "one.csv").write_text('"text; as said"\ngood; really\n')
    done = cli("predict", str(labels), "--data", "one.csv", "--out", "out.jsonl")
    assert done.code == 0, done.stderr
    assert read_lines(workspace / "out.jsonl")[0]["text; as said"] == "good; really"


def test_no_model_is_no_model(workspace: Path, cli: Cli) -> None:
    write_csv(workspace / "data.csv", {"y": 1})
    done = cli("predict", "nowhere", "--data", "data.csv", "--out", "out.csv")
    assert done.code == 3
    assert "nowhere" in done.stderr


@pytest.mark.parametrize("verb", ["predict", "serve"])
def test_a_device_that_is_not_there_is_named(
    workspace: Path, cli: Cli, labels: Path, verb: str
) -> None:
    file = write_csv(workspace / "rows.csv", {"text": "good"})
    asked = ["--data", str(file), "--out", "out.csv"] if verb == "predict" else ["--check"]
    done = cli(verb, str(labels), *asked, "--device", "cuda:97")
    assert done.code == 3
    assert "there is no cuda:97" in done.stderr
    assert "Take device=cpu" in done.stderr


def test_images_of_a_folder_and_several_answers_a_row(workspace: Path, cli: Cli) -> None:
    from PIL import Image

    pictures = workspace / "pictures"
    (pictures / "red").mkdir(parents=True)
    Image.new("RGB", (40, 30), "red").save(pictures / "red" / "a.png")
    (pictures / "red" / "broken.png").write_bytes(b"no image")
    source = {"kind": "scratch", "architecture": "vit"}
    recipe = {"task": "image-classification", "source": source, "params": {"top_k": 2}}
    model = packaged(workspace, "images", **recipe)
    done = cli("predict", str(model), "--data", "pictures", "--out", "out.jsonl")
    assert (done.code, done.stdout) == (0, "out.jsonl: 2 rows, 1 with an error\n"), done.stderr
    found = read_lines(workspace / "out.jsonl")
    assert [row["file"] for row in found] == ["red/a.png", "red/broken.png"]
    assert len(found[0]["prediction_score"]) == len(found[0]["prediction_label"]) == 2
    assert found[1]["error"] == "BadRequest: it is no image that can be read"


def test_a_table_is_no_row_of_its_folder(workspace: Path, labels: Path, cli: Cli) -> None:
    (workspace / "kept").mkdir()
    (workspace / "kept" / "a.png").write_bytes(b"x")
    for out in ("kept/out.csv", "kept/new/out.csv"):
        done = cli("predict", str(labels), "--data", "kept", "--out", out)
        assert done.code == 2
        assert "in the folder of the data" in done.stderr
    assert [file.name for file in (workspace / "kept").iterdir()] == ["a.png"]


def test_a_model_of_texts_answers_for_no_files(workspace: Path, labels: Path, cli: Cli) -> None:
    (workspace / "kept").mkdir()
    (workspace / "kept" / "a.png").write_bytes(b"x")
    done = cli("predict", str(labels), "--data", "kept", "--out", "out.csv")
    assert done.code == 2
    assert "error[file-input] kept is a folder of images or recordings" in done.stderr
    assert "text-classification takes none" in done.stderr
    assert not Path("out.csv").exists()


def test_data_that_change_meanwhile_are_told(
    workspace: Path, doubles: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKED", str(write_csv(workspace / "data.csv", {"x": 1}, {"x": 2})))
    done = cli("predict", str(doubles), "--data", "data.csv", "--out", "out.csv")
    assert done.code == 3, done.stderr
    assert "data.csv was changed while the model was asked" in done.stderr
    assert not Path("out.csv").exists()


def test_no_cell_names_a_file_elsewhere(workspace: Path) -> None:
    from runner.prediction.inputs import inputs_of, row_of, with_files
    from runner.tasks import get_task

    (workspace / "data").mkdir()
    (workspace / "secret.png").write_bytes(b"secret")
    (workspace / "data" / "link.png").symlink_to(workspace / "secret.png")
    (workspace / "data" / "own.png").write_bytes(b"own")
    schema = Schema([ColSpec("string")])
    inputs = inputs_of(schema, {"": "image"}, ["image"])
    inputs = with_files(inputs, get_task("image-classification"), workspace / "data" / "a.csv")
    for name, given in {
        "../secret.png": "../secret.png",
        str(workspace / "secret.png"): str(workspace / "secret.png"),
        "link.png": "link.png",
        "own.png": str(workspace / "data" / "own.png"),
    }.items():
        assert row_of(inputs, {"image": name}, workspace / "data") == {"": given}


def test_another_file_in_a_folder_is_other_data(workspace: Path) -> None:
    from runner.prediction.data import Data

    (workspace / "red").mkdir()
    (workspace / "red" / "a.png").write_bytes(b"one")
    known = Data(workspace).identity
    assert Data(workspace).identity == known
    (workspace / "red" / "a.png").write_bytes(b"other")
    assert Data(workspace).identity != known


@pytest.mark.parametrize(("engine", "library"), [("ray", "ray"), ("spark", "pyspark")])
def test_an_engine_that_is_not_installed_is_named_with_its_extra(
    workspace: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, engine: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    data = write_csv(workspace / "a.csv", {"text": "a"})
    done = cli("predict", "model", "--data", str(data), "--out", "b.csv", "--engine", engine)
    assert done.code == 3
    assert f"pip install 'recipe-runner[{engine}]'" in done.stderr


def test_a_cell_of_a_list_is_read_from_its_text() -> None:
    lists = Schema([ColSpec(Array(DataType.string), "words")])
    (words,) = inputs_of(lists, {}, ["words"])
    assert row_of([words], {"words": '["a", "b"]'}, Path()) == {"words": ["a", "b"]}


def test_a_file_of_a_folder_may_be_an_input_of_any_name(workspace: Path) -> None:
    given = inputs_of(Schema([ColSpec("string", "picture")]), {"picture": "file"}, ["file"])
    (picture,) = with_files(given, get_task("image-classification"), workspace)
    assert picture.file, "a signature of one's own names it otherwise than the task"
    with pytest.raises(PredictError, match="text-classification takes none"):
        with_files(given, get_task("text-classification"), workspace)
