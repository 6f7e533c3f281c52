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


def main() -> None:
    """Answer every model."""
    answers = {}
    for name, model in json.loads(Path(sys.argv[1]).read_text()).items():
        given = decoded(model["input"])
        answers[name] = attempt(
            lambda m=model, g=given: mlflow.pyfunc.load_model(m["path"]).predict(g)
        )
    Path(sys.argv[2]).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
