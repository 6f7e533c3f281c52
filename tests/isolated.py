"""A Python process that has never heard of the runner."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_PREAMBLE = """
import json, sys, warnings
warnings.filterwarnings("ignore")
sys.modules["runner"] = None  # any import of the runner now fails
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
    done = subprocess.run(
        [sys.executable, "-I", "-c", _PREAMBLE + code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    return json.loads(answers[-1].removeprefix("ANSWER"))
