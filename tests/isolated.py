"""A Python process that has never heard of the runner."""

import json
from pathlib import Path
from typing import Any

from tests.forked import start

_PREAMBLE = """
import json, sys
sys.modules["runner"] = None  # any import of the runner now fails
assert [m for m in sys.modules if m.partition(".")[0] == "runner"] == ["runner"]
import mlflow
def answer(value):
    import numpy, pandas
    if isinstance(value, pandas.DataFrame):
        value = value.to_dict(orient="records")
    if isinstance(value, numpy.ndarray):
        value = value.tolist()
    print("ANSWER" + json.dumps(value, default=str))
"""


def isolated(code: str, folder: Path) -> Any:
    """Run code in a process that cannot import the runner.

    Args:
        code: Python that calls ``answer(value)`` once.
        folder: Working directory.

    Returns:
        What it answered, after a trip through JSON.
    """
    done = start(_PREAMBLE + code, folder).end()
    assert done.code == 0, done.stderr[-3000:]
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    return json.loads(answers[-1].removeprefix("ANSWER"))
