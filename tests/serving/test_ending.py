"""How `serve` ends while a model is at work, and what those are told who wait for it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import mlflow
from starlette.types import Message

from runner.serving.asked import Asked
from runner.serving.bounds import Limit, Turns
from runner.serving.streamed import Streamed
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
            told: list[int] = []
            asking = Thread(target=_ask, args=[asked, told], daemon=True)
            asking.start()
            while not at_work.exists():
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=LONG / 3)[1]
            assert process.returncode == 128 + signal.SIGTERM
        finally:
            process.kill()
    asking.join(LONG / 3)
    assert told == [503]
    assert "Traceback" not in said
    assert "terminated (SIGTERM)" in said


def test_a_stream_is_cut_off_where_the_model_is_at_work_on_the_next_piece() -> None:
    begun, done = Event(), Event()

    def pieces() -> Generator[dict[str, Any], None, None]:
        yield {"choices": []}
        begun.set()
        done.wait(LONG)
        yield {"choices": []}

    sent: list[str] = []
    ended: list[type[BaseException]] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def receive() -> Message:
        await asyncio.sleep(LONG)
        return {"type": "http.disconnect"}

    async def streamed() -> None:
        scope = {"type": "http", "state": {"end": time.monotonic() + LONG}}
        try:
            await Streamed(Turns(Limit()), pieces(), "it", Asked(({},)), {})(scope, receive, send)
        except BaseException as error:
            ended.append(type(error))

    async def server() -> None:
        """End, as a server does, while a request is here: all that goes on is cancelled."""
        asking.append(asyncio.ensure_future(streamed()))
        await asyncio.to_thread(begun.wait, LONG)

    asking: list[asyncio.Future[None]] = []
    try:
        asyncio.run(server())
    finally:
        done.set()
    assert sent == ["http.response.start", "http.response.body"]
    assert ended == [asyncio.CancelledError]


def _ask(asked: urllib.request.Request, told: list[int]) -> None:
    try:
        urllib.request.urlopen(asked)
    except urllib.error.HTTPError as error:
        told.append(error.code)
