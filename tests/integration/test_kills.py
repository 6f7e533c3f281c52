"""An evaluation that is killed at random moments: what was kept is asked for by nobody again."""

import json
import signal
from pathlib import Path

import mlflow.pyfunc
import pytest
import yaml

from runner.evaluation.predictions import BATCH
from tests.conftest import REPOSITORY
from tests.forked import start

ROWS, KILLS = 2000, 10
LAST = ROWS % BATCH
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
KILLED = """
import json, os, random, shutil, signal, sqlite3, sys, threading, time
from contextlib import suppress
from pathlib import Path

from runner import compose
from runner.work.evaluate import evaluate

asked = compose("asked.yaml", "out=out", "tracking.uri=null")

def kept(folder):
    file, found = Path(folder, ".store", "predictions.sqlite"), 0
    with suppress(sqlite3.OperationalError):  # killed before it had tables
        if file.is_file():
            found, = sqlite3.connect(file).execute("SELECT count(*) FROM predictions").fetchone()
    return found

def evaluated(folder, after):
    begun, before = time.monotonic(), kept(folder)
    Path("asked.txt").write_text("")
    child = os.fork()
    if not child:
        if after:
            timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL))
            timer.daemon = True
            timer.start()
        found = evaluate("model", asked, Path(folder)).evaluation.data.inferred
        Path("inferred.txt").write_text(str(found))
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told = {"code": code, "seconds": time.monotonic() - begun, "before": before,
            "after": kept(folder), "asked": Path("asked.txt").read_text().splitlines(),
            "inferred": int(Path("inferred.txt").read_text()) if not code else 0}
    print(json.dumps(told), flush=True)
    return told

whole = evaluated("whole", 0)["seconds"]
chance, killed, kills = random.Random(0), 0, int(sys.argv[1])
while killed < kills:
    told = evaluated("again", chance.uniform(0, whole / 4))
    killed += told["code"] != 0
    if not told["code"]:  # it was done before it was killed so often
        shutil.rmtree("again")
evaluated("again", 0)
os._exit(0)
"""
"""Evaluates, then again with kills at random moments, and says of each process what it did."""


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


def table(folder: Path) -> list[list[object]]:
    return json.loads((folder / "evaluated" / "eval_results_table.json").read_text())["data"]


def test_no_row_that_was_kept_is_asked_again_and_the_table_is_the_same(home: Path) -> None:
    ended = start(KILLED, home, argv=["-c", str(KILLS)], path=[str(REPOSITORY)]).end()
    assert ended.code == 0, ended.stderr
    whole, *tries = [json.loads(line) for line in ended.stdout.splitlines()]
    assert whole["inferred"] == ROWS
    assert [told["code"] for told in tries].count(-signal.SIGKILL) == KILLS
    answered = set[str]()
    for told in tries:
        if not told["before"]:
            answered.clear()
        missing = told["asked"][: ROWS - told["before"]]  # after these, rows are only timed
        kept = told["after"] - told["before"]
        assert len({*missing}) == len(missing)
        assert answered.isdisjoint(missing)
        assert len(missing) - kept in (0, BATCH, LAST)  # what was under way
        answered |= {*missing[:kept]}
        assert told["code"] or told["inferred"] == ROWS - told["before"]
    assert len(answered) == ROWS
    assert table(home / "again") == table(home / "whole")
