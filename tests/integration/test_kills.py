"""An evaluation that is killed at random moments: what was kept is asked for by nobody again."""

import json
import random
import shutil
import signal
import sqlite3
from pathlib import Path

import mlflow.pyfunc
import pytest
import yaml

from runner.evaluation.predictions import BATCH
from tests.conftest import REPOSITORY
from tests.forked import Ended, start

ROWS = 2000
LAST = (ROWS - 1024) % BATCH
"""Rows of the last batch of the second window."""
KILLS = 2
"""How many kills there are at most; more of them take longer and show the same."""
MODEL = """
import hashlib

import mlflow.models
import mlflow.pyfunc


class Slow(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str], params=None) -> list[str]:
        with open("asked.txt", "a") as opened:
            opened.write("".join(f"{text}\\n" for text in model_input))
        return ["good" if hashed(text)[0] % 3 else "bad" for text in model_input]


def hashed(text):
    digest = text.encode()
    for _ in range(300):
        digest = hashlib.sha256(digest).digest()
    return digest


mlflow.models.set_model(Slow())
"""
"""Takes its time, and writes down each text that it is asked for."""
EVALUATED = """
import json, os, signal, sys, threading, time
from runner import compose
from runner.work.evaluate import evaluate
from pathlib import Path

asked = compose("asked.yaml", "out=out", "tracking.uri=null")
begun, after = time.monotonic(), float(sys.argv[1])
if after:
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()
inferred = evaluate("model", asked, Path(sys.argv[2])).evaluation.data.inferred
print(json.dumps([time.monotonic() - begun, inferred]), flush=True)
os._exit(0)
"""


@pytest.fixture
def home(workspace: Path) -> Path:
    (workspace / "slow.py").write_text(MODEL)
    mlflow.pyfunc.save_model("model", python_model="slow.py", pip_requirements=["mlflow"])
    rows = [{"text": f"text {n}", "label": "good" if n % 2 else "bad"} for n in range(ROWS)]
    (workspace / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {
        "task": "text-classification",
        "source": {"kind": "scratch", "architecture": "bert"},
        "evaluation": {
            "dataset": {"path": "rows.jsonl", "target": "label"},
            "metrics": ["accuracy"],
            "gates": {"accuracy": ">= 0.1"},
        },
    }
    (workspace / "asked.yaml").write_text(yaml.safe_dump(recipe))
    return workspace


def run(home: Path, folder: str, after: float = 0) -> Ended:
    return start(EVALUATED, home, argv=["-c", str(after), folder], path=[str(REPOSITORY)]).end()


def kept(folder: Path) -> int:
    file = folder / ".store" / "predictions.sqlite"
    if not file.is_file():
        return 0
    with sqlite3.connect(file) as database:
        try:
            return database.execute("SELECT count(*) FROM predictions").fetchone()[0]
        except sqlite3.OperationalError:  # killed before it had tables
            return 0


def table(folder: Path) -> list[list[object]]:
    return json.loads((folder / "evaluated" / "eval_results_table.json").read_text())["data"]


def test_what_was_kept_is_never_asked_again_and_the_table_is_the_same(home: Path) -> None:
    whole = run(home, "whole")
    assert whole.code == 0, whole.stderr
    asked, done, killed = home / "asked.txt", whole, 0
    chance, (seconds, inferred) = random.Random(0), json.loads(whole.stdout)
    assert inferred == ROWS
    while killed < KILLS or done.code:
        asked.unlink(missing_ok=True)
        before = kept(home / "again")
        after = chance.uniform(0, 0.8 * seconds) if killed < KILLS else 0
        done = run(home, "again", after)
        assert done.code in (0, -signal.SIGKILL), done.stderr
        killed += done.code != 0
        again = asked.read_text().splitlines() if asked.exists() else []
        missing = again[: ROWS - before]  # after these, rows are only timed
        assert len({*missing}) == len(missing)
        assert len(missing) - (kept(home / "again") - before) in (0, BATCH, LAST)
        if not done.code and killed < KILLS:
            if killed:
                break  # it was done before it could be killed so often
            shutil.rmtree(home / "again")
            seconds /= 2
    assert killed
    assert json.loads(done.stdout)[1] == ROWS - before
    assert table(home / "again") == table(home / "whole")
