"""The two real models of the demo, from the packages that carry them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome
from tests.isolated import isolated


@pytest.fixture
def minilm(cli: Callable[..., Outcome]) -> dict:
    done = cli("+recipe=feature-extraction/minilm", "--output", "json")
    assert done.code == 0, done.stderr
    return done.document


def test_minilm_knows_what_is_alike(minilm: dict) -> None:
    assert minilm["verdict"] == "passed"
    assert minilm["metrics"]["similarity_0_1"] > 0.7
    assert minilm["metrics"]["similarity_0_2"] < 0.2
    assert minilm["sources"]["model"]["license"] == "apache-2.0"


def test_minilm_loads_where_the_runner_is_not(minilm: dict, workspace: Path) -> None:
    answer = isolated(
        f"""
import numpy
path = {minilm["model"]!r}
pipeline = mlflow.transformers.load_model(path)
def embed(text):
    vector = numpy.mean(pipeline(text)[0], axis=0)
    return vector / numpy.linalg.norm(vector)
a, b, c = map(embed, ["A man is eating food.", "Someone eats a meal.", "The stock market fell."])
pyfunc = mlflow.pyfunc.load_model(path)
rows = pyfunc.predict(["Someone eats a meal.", "A man is eating food."])
vector = rows[1] / numpy.linalg.norm(rows[1])
answer([float(a @ b), float(a @ c), list(rows.shape), numpy.allclose(vector, a, atol=1e-5)])
""",
        workspace,
    )
    assert answer[0] > 0.7
    assert answer[1] < 0.2
    assert answer[2] == [2, 384]
    assert answer[3] is True


def test_the_proof_reports_what_mlflows_wrapper_does_not_do(
    cli: Callable[..., Outcome], minilm: dict
) -> None:
    not_passed = {(c["view"], c["name"], c["outcome"]) for c in minilm["checks"]}
    not_passed = {check for check in not_passed if check[2] != "passed"}
    assert not_passed == set(), "its vectors are those of sentence-transformers"
    done = cli(
        "+recipe=feature-extraction/minilm", "pyfunc=mlflow", "tracking.uri=null",
        "--output", "json",
    )  # fmt: skip
    checks = done.document["checks"]
    limits = {(c["view"], c["name"]) for c in checks if c["outcome"] == "limitation"}
    assert limits == {("pyfunc", "rows"), ("pyfunc", "columns")}


def test_smollm2_knows_the_capital_of_france(cli: Callable[..., Outcome], workspace: Path) -> None:
    done = cli("+recipe=text-generation/smollm2-chat", "--output", "json")
    assert done.code == 0, done.stderr
    record = done.document
    assert record["verdict"] == "passed"
    assert all("Paris" in view["outputs"][0] for view in record["views"])
    beside = record["model_bytes"] - record["weight_bytes"]
    assert beside < 10_000_000, "files of the source are in the model beside its weights"
    answer = isolated(
        f"""
path = {record["model"]!r}
pyfunc = mlflow.pyfunc.load_model(path)
tokenizer = mlflow.transformers.load_model(path, return_type="components")["tokenizer"]
answer([
    pyfunc.predict("What is the capital of France?"),
    tokenizer.eos_token,
    tokenizer.tokenize("In 2024"),
    tokenizer("Hello")["input_ids"] == tokenizer("Hello", add_special_tokens=False)["input_ids"],
])
""",
        workspace,
    )
    assert "Paris" in answer[0][0]
    assert answer[1] == "<|im_end|>"
    assert answer[2][-4:] == ["2", "0", "2", "4"]
    assert answer[3] is True
