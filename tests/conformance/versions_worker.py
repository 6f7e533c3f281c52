"""Runs in a process without the runner: loads models and says what each gives for its input.

Reads a list of models from the file named by the first argument, and writes the answers to the
second.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from worker import attempt, decoded  # noqa: E402  it makes any import of the runner fail

import mlflow  # noqa: E402  isort: skip


def answer(model: dict):
    """Give what a model answers."""
    return mlflow.pyfunc.load_model(model["path"]).predict(decoded(model["input"]))


def main() -> None:
    """Answer every model."""
    models = json.loads(Path(sys.argv[1]).read_text())
    answers = {name: attempt(answer, model) for name, model in models.items()}
    Path(sys.argv[2]).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
