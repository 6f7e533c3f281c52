"""How `serve` ends while a model is at work that nothing can interrupt."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from threading import Thread

import mlflow

from tests.conftest import REPOSITORY

LONG = 120


SLOW = f"""
import time
from pathlib import Path

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Slow(PythonModel):
    def predict(self, context, model_input):
        Path(model_input["text"][0]).touch()
        time.sleep({LONG})
        return []


set_model(Slow())
"""


def test_a_model_at_work_keeps_no_server_from_its_end(tmp_path: Path) -> None:
    """It says that it is at work, and works for two minutes; the server has ten seconds."""
    (tmp_path / "slow.py").write_text(SLOW)
    mlflow.pyfunc.save_model(
        str(tmp_path / "model"), python_model=str(tmp_path / "slow.py"), pip_requirements=[]
    )
    line = [sys.executable, "-m", "runner", "serve", str(tmp_path / "model"), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if "answers at" in line)
            address = next(word for word in said.split() if word.startswith("http")).rstrip(":")
            at_work = tmp_path / "at-work"
            rows = {"dataframe_split": {"columns": ["text"], "data": [[str(at_work)]]}}
            asked = urllib.request.Request(
                f"{address}/invocations",
                json.dumps(rows).encode(),
                {"Content-Type": "application/json"},
            )
            Thread(target=_ask, args=[asked], daemon=True).start()
            while not at_work.exists():
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(LONG / 3) == 128 + signal.SIGTERM
        finally:
            process.kill()


def _ask(asked: urllib.request.Request) -> None:
    with suppress(OSError):  # the server is gone
        urllib.request.urlopen(asked)
