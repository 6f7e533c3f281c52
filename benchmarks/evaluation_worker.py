"""Time an evaluation, ``speed EXTENDED MLFLOW ROWS TOLD``, or only run one, ``memory ROWS``."""

import csv
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pyfunc
import yaml

from benchmarks.throughput_worker import texts
from runner import compose, evaluate
from runner.work import evaluate as _imported  # noqa: F401 - no part of what is timed

warnings.filterwarnings("ignore")
_LANGUAGES = ("de", "en", "fr")
_METRICS = ["accuracy", "f1_macro", "mcc", "log_loss", "ece"]


class Always(mlflow.pyfunc.PythonModel):
    """A model that answers at once."""

    def predict(
        self, context: Any, model_input: list[str], params: dict[str, Any] | None = None
    ) -> list[str]:
        """Give the same label for each row."""
        return ["LABEL_0" if len(text) % 3 else "LABEL_1" for text in model_input]


def write(rows: int, labels: list[str], metrics: list[str], given: list[str]) -> str:
    """Write the rows, and a recipe that evaluates on them."""
    with Path("rows.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["id", "text", "label", "lang"])
        for n in range(rows):
            row = [n, _text(given, n), labels[n % len(labels)], _LANGUAGES[n % 3]]
            writer.writerow(row)
    recipe = {
        "task": "text-classification",
        "source": {"kind": "scratch", "architecture": "bert"},
        "evaluation": {
            "dataset": {"path": "rows.csv", "target": "label", "id": "id"},
            "metrics": metrics,
            "slices": ["lang"],
            "gates": {"accuracy": ">= 0.1"},
        },
    }
    Path("asked.yaml").write_text(yaml.safe_dump(recipe))
    return "asked.yaml"


def _text(given: list[str], number: int) -> str:
    return f"{given[number % len(given)]} {number}"


def predicted(model: str, given: list[str]) -> list[str]:
    """Load a model and ask it for all rows at once, as a plain script does."""
    return mlflow.pyfunc.load_model(model).predict(given)["label"].tolist()


def evaluated(model: str, recipe: str, out: str = "out") -> None:
    """Evaluate, as the verb does."""
    evaluate(model, compose(recipe, f"out={out}", "tracking.uri=null"))


def seconds(call: Callable[[], Any]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def speed(extended: str, plain: str, rows: str, told: str) -> None:
    """Measure, and write the figures."""
    count = int(rows)
    words = texts(count)
    given = [_text(words, number) for number in range(count)]
    figures: dict[str, Any] = {}
    labels: list[str] = []
    for side, path in (("mlflow", plain), ("extended", extended)):
        labels += predicted(path, given[:100])  # the first time imports what it takes
        figures[side] = seconds(lambda path=path: predicted(path, given))
    labels = sorted({*labels, "NEGATIVE", "POSITIVE"})
    evaluated(extended, write(100, labels, _METRICS, words), "first")  # which imports likewise
    recipe = write(count, labels, _METRICS, words)
    figures["evaluation"] = seconds(lambda: evaluated(extended, recipe))
    opened: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).endswith(".safetensors"):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    recipe = write(count, labels, ["accuracy", "kappa"], words)
    figures["scoring"] = seconds(lambda: evaluated(extended, recipe))
    figures["weights opened"] = list(opened)
    Path(told).write_text(json.dumps(figures))


def memory(rows: str) -> None:
    """Evaluate a model that answers at once."""
    mlflow.pyfunc.save_model("model", python_model=Always(), pip_requirements=["mlflow"])
    metrics = ["accuracy", "f1_macro"]
    evaluated("model", write(int(rows), ["LABEL_0", "LABEL_1"], metrics, texts(1000)))


if __name__ == "__main__":
    {"speed": speed, "memory": memory}[sys.argv[1]](*sys.argv[2:])
