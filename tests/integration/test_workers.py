"""The rows of an evaluation through workers: the same answers, each text asked for once."""

from pathlib import Path

import mlflow.pyfunc
import pytest
import yaml

from runner import compose
from runner.datasets import DataError
from runner.evaluated import EvaluationRecord
from runner.work.evaluate import evaluate

MODEL = """
import mlflow.models
import mlflow.pyfunc

class Vectors(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str], params=None) -> list[list[float]]:
        with open("asked.txt", "a") as opened:
            opened.write("".join(f"{text}\\n" for text in model_input))
        if "refused" in model_input:
            raise ValueError("such a text is refused")
        return [[float(text.count(letter)) + 0.1 for letter in "abcde"] for text in model_input]

mlflow.models.set_model(Vectors())
"""
TEXTS = ["".join("abcde"[n % 170 // 5**place % 5] for place in range(5)) for n in range(300)]
"""Some come twice, far apart."""
ENTRIES = 20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "vectors.py").write_text(MODEL)
    mlflow.pyfunc.save_model(
        folder / "model", python_model=str(folder / "vectors.py"), pip_requirements=["mlflow"]
    )
    return str(folder / "model")


def evaluated(model: str, name: str, queries: list[str]) -> EvaluationRecord:
    """Evaluate how well queries find entries of a corpus."""
    corpus = [{"id": f"d{n}", "text": f"{text}e"} for n, text in enumerate(TEXTS[:ENTRIES])]
    recipe = {
        "task": "feature-extraction",
        "source": {"kind": "scratch", "architecture": "bert"},
        "evaluation": {
            "dataset": {
                "rows": [{"query": q, "right": f"d{n % ENTRIES}"} for n, q in enumerate(queries)],
                "target": "right",
                "corpus": {"rows": corpus},
            },
            "metrics": ["mrr"],
        },
    }
    Path("asked.txt").write_text("")
    Path(f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    found = evaluate(model, compose(f"{name}.yaml", "tracking.uri=null"), Path(f"of-{name}/point"))
    assert found.evaluation is not None
    return found.evaluation


def test_workers_answer_as_this_process_does_and_are_asked_for_each_text_once(
    workspace: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.evaluation.asking.WINDOW", 64)
    monkeypatch.setattr("runner.evaluation.assess._USUAL_REQUESTS", 0)  # none is timed by itself
    here = evaluated(model, "here", TEXTS)
    asked = Path("asked.txt").read_text().splitlines()
    monkeypatch.setattr("runner.evaluation.asking.LOCAL", "")  # this process, as a worker
    there = evaluated(model, "there", TEXTS)
    assert Path(there.table).read_bytes() == Path(here.table).read_bytes()
    assert there.scores == here.scores
    assert sorted(Path("asked.txt").read_text().splitlines()) == sorted(asked)
    assert len(asked) == len({*TEXTS} | {f"{text}e" for text in TEXTS[:ENTRIES]})
    assert there.data.inferred == here.data.inferred
    evaluated(model, "there", TEXTS)
    assert Path("asked.txt").read_text() == ""


def test_a_row_that_a_worker_cannot_answer_is_named(
    workspace: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.evaluation.asking.LOCAL", "")
    with pytest.raises(DataError, match=r"row 3: the model gives no answer: .*is refused"):
        evaluated(model, "there", ["abc", "abd", "refused", "abe"])
