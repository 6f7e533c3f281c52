"""Models in the hands of MLflow's own tools: its server, isolated environments, Spark."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from runner.cli import main
from tests.pyfunc.media import recording, serving_files

BROUGHT = "RECIPE_RUNNER_TEST_SERVING"
Ask = Callable[..., tuple[int, Any]]
brought = pytest.mark.skipif(
    BROUGHT not in os.environ, reason="`make test-serving` brings pyspark, Java and uv for it"
)


def packaged(folder: Path, recipe: str, *overrides: str) -> str:
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main([f"+recipe={recipe}", "tracking.uri=null", "out=made", *overrides]) == 0
    finally:
        os.chdir(before)
    (model,) = (folder / "made" / recipe).glob("*/model")
    return str(model)


@contextmanager
def served(model: str) -> Iterator[Ask]:
    """Serve a model by ``mlflow models serve``, as its documentation says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    scripts = str(Path(sys.executable).parent)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.Popen(
        ["mlflow", "models", "serve", "-m", model, "-p", port, "--env-manager", "local"],
        env={**environment, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        cwd=Path(model).parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def ask(path: str, body: str = "", kind: str = "application/json") -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", body.encode() or None, {"Content-Type": kind}
        )
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                ask("/ping")
                break
            except urllib.error.URLError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.1)
        yield ask
    finally:
        os.killpg(process.pid, 15)
        process.wait()


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return packaged(tmp_path_factory.mktemp("text"), "text-generation/scratch")


def test_mlflow_models_serve_takes_every_form_of_request(text: str) -> None:
    rows = ["I love it", "I hate it"]
    column = mlflow.models.Model.load(text).signature.inputs.input_names() or ["inputs"]
    wanted = mlflow.pyfunc.load_model(text).predict(rows, params={"max_new_tokens": 2})
    params = {"params": {"max_new_tokens": 2}}
    split = {"columns": column[:1], "data": [[row] for row in rows]}
    forms: list[dict[str, Any]] = [
        {"inputs": rows},
        {"instances": rows},
        {"dataframe_split": split},
        {"dataframe_records": [{column[0]: row} for row in rows]},
    ]
    with served(text) as ask:
        assert ask("/ping")[0] == 200
        assert ask("/health")[0] == 200
        assert ask("/version") == (200, mlflow.__version__)
        for form in forms:
            status, said = ask("/invocations", json.dumps({**form, **params}))
            assert (status, json.loads(said).get("predictions")) == (200, wanted), (form, said)
        status, said = ask("/invocations", f"{column[0]}\nI love it\nI hate it\n", "text/csv")
        assert status == 200
        assert len(json.loads(said)["predictions"]) == 2
        status, said = ask(
            "/invocations", json.dumps({"inputs": rows, "params": {"max_new_tokens": "x"}})
        )
        assert status == 400
        assert "max_new_tokens" in said


def test_mlflow_models_serve_takes_recordings(tmp_path: Path) -> None:
    model = packaged(tmp_path, "automatic-speech-recognition/scratch")
    sound = base64.b64encode(recording(8000, 0)).decode()
    with served(model) as ask:
        status, said = ask("/invocations", json.dumps({"inputs": [sound, sound]}))
        assert status == 200, said
        first, second = json.loads(said)["predictions"]
        assert first == second
        assert ask("/invocations", json.dumps({"inputs": ["noise"]}))[0] == 400


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Give Spark on two cores, its workers with this Python."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        with session.getOrCreate() as spark:
            yield spark


def column(spark: Any, function: Any, frame: pd.DataFrame) -> list[Any]:
    """Give what a function of Spark makes of the rows of a frame."""
    from pyspark.sql.functions import struct

    given = frame.columns[0] if len(frame.columns) == 1 else struct(*frame.columns)
    rows = spark.createDataFrame(frame).withColumn("out", function(given))
    return rows.toPandas()["out"].tolist()


@brought
@pytest.mark.brought
def test_a_model_is_a_function_of_spark(text: str, tmp_path: Path, spark: Any) -> None:
    rows = pd.DataFrame({"text": ["I love it", "I hate it", "", "so"]})
    params = {"max_new_tokens": 2}
    function = mlflow.pyfunc.spark_udf(spark, text, result_type="string", params=params)
    wanted = mlflow.pyfunc.load_model(text).predict(rows["text"].tolist(), params=params)
    assert column(spark, function, rows) == wanted
    embeddings = packaged(tmp_path, "feature-extraction/scratch")
    function = mlflow.pyfunc.spark_udf(spark, embeddings, result_type="array<double>")
    vectors = mlflow.pyfunc.load_model(embeddings).predict(rows["text"].tolist())
    assert np.allclose(np.array(column(spark, function, rows)), np.array(vectors), atol=1e-5)
    answers = packaged(tmp_path, "question-answering/scratch")
    asked = pd.DataFrame({"question": ["who?", "what?"], "context": ["My dog.", "The cat sat."]})
    function = mlflow.pyfunc.spark_udf(spark, answers, result_type="string")
    assert column(spark, function, asked) == mlflow.pyfunc.load_model(answers).predict(asked)


@brought
@pytest.mark.brought
def test_spark_hears_recordings_by_their_address(tmp_path: Path, spark: Any) -> None:
    model = packaged(tmp_path, "automatic-speech-recognition/scratch", "input_type=path")
    sounds = {f"/{seed}.wav": recording(4000, seed) for seed in range(5)}
    with serving_files(sounds) as address:
        rows = pd.DataFrame({"recording": [f"{address}{path}" for path in sounds]})
        function = mlflow.pyfunc.spark_udf(spark, model, result_type="string")
        heard = column(spark, function, rows)
        assert heard == mlflow.pyfunc.load_model(model).predict(rows["recording"].tolist())
    assert len(set(heard)) > 1


@brought
@pytest.mark.brought
def test_a_model_predicts_in_an_environment_of_its_own_requirements(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    given, rows = tmp_path / "answer.json", ["I love it", "I hate it"]
    mlflow.models.predict(text, rows, env_manager="uv", output_path=str(given))
    wanted = mlflow.pyfunc.load_model(text).predict(rows)
    assert json.loads(given.read_text())["predictions"] == wanted
    assert "Creating a new environment" in caplog.text


CLIPS = Path("/usr/share/pocketsphinx/test/data")
spoken = pytest.mark.skipif(
    not CLIPS.is_dir(), reason="Debian's pocketsphinx-testdata is not there; .ci/system installs it"
)


def checks(record: Path, view: str) -> dict[str, str]:
    found = json.loads(record.read_text())["checks"]
    return {c["name"]: c["outcome"] for c in found if c["view"] == view}


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give an empty place for environments; what uv has fetched before is linked into them."""
    made = tmp_path_factory.mktemp("cache")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_CACHE_DIR", os.environ.get("UV_CACHE_DIR") or str(Path(cache, "uv")))
        patch.setenv("XDG_CACHE_HOME", str(made))
        yield made / "recipe-runner" / "environments"


@brought
@spoken
@pytest.mark.brought
def test_ten_clips_are_heard_alike_here_served_and_in_an_environment_of_its_own(
    tmp_path: Path, environments: Path
) -> None:
    clips = [str(file) for file in sorted(CLIPS.rglob("*.wav"))]
    assert len(clips) == 10
    views = ["native", "pyfunc", "server", "isolated"]
    said = json.dumps(clips)
    recipe = "automatic-speech-recognition/scratch"
    model = packaged(
        tmp_path, recipe, f"evaluation.inputs={said}", f"evaluation.views=[{','.join(views)}]"
    )
    record = Path(model).parent / "record.json"
    heard = {v["view"]: v["outputs"] for v in json.loads(record.read_text())["views"]}
    assert list(heard) == views
    assert heard["pyfunc"] == heard["server"] == heard["isolated"]
    assert [text.strip() for text in heard["native"]] == heard["pyfunc"]
    assert len({*heard["pyfunc"]}) > 1
    assert checks(record, "isolated")["same"] == "passed"
    (python,) = environments.glob("*/bin/python")
    code = "import importlib.util as u; print(u.find_spec('mlflow') is None, u.find_spec('runner'))"
    asked = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.split() == ["False", "None"]


@brought
@pytest.mark.brought
def test_an_environment_that_cannot_be_made_is_no_verdict_on_the_model(
    tmp_path: Path,
    environments: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    index = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    for name, value in {**index, "UV_FIND_LINKS": str(tmp_path), "UV_CACHE_DIR": "uv"}.items():
        monkeypatch.setenv(name, value)
    asked = ["+recipe=text-generation/scratch", "tracking.uri=null", "out=made"]
    assert main([*asked, "evaluation.views=[isolated]"]) == 3
    assert "environment-failed" in capfd.readouterr().err
    (record,) = Path("made").rglob("record.json")
    assert json.loads(record.read_text())["verdict"] == "unproven"


@brought
@pytest.mark.brought
def test_what_a_model_needs_and_does_not_require_fails_it(
    tmp_path: Path, environments: Path
) -> None:
    recipe = "text-generation/scratch"
    model = Path(packaged(tmp_path, recipe))
    (model / "requirements.txt").write_text(f"mlflow-skinny=={mlflow.__version__}\n")
    asked = ["evaluate", str(model), f"+recipe={recipe}", "tracking.uri=null", "--output", "json"]
    assert main([*asked, "evaluation.views=[pyfunc]"]) == 0
    assert main([*asked, "evaluation.views=[isolated]"]) == 1
