"""The served view of a saved model: MLflow's own scoring server, asked over HTTP on loopback."""

import json
import socket
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import uvicorn
from mlflow.pyfunc import PyFuncModel

from runner.evaluation.inputs import as_callers_write
from runner.pyfunc.seeding import seed_draws
from runner.tasks import Task
from runner.upstream.mlflow_api import scoring_app

_PATIENCE = 600
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class ServedView:
    """A model behind ``/invocations``, as callers of ``mlflow models serve`` meet it."""

    url: str
    seed: int
    task: Task

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        """Give what the server answers for the inputs, as JSON has it.

        Raises:
            RuntimeError: It refuses the request; says why.
        """
        seed_draws(self.seed)
        rows = [as_callers_write(self.task, row) for row in inputs]
        answer = self._ask(request_of(self.task, rows, params or {}))
        return answer if self.task.mlflow_schema else answer["predictions"]

    def _ask(self, body: Mapping[str, Any]) -> Any:
        asked = urllib.request.Request(  # noqa: S310
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=_PATIENCE) as reply:  # noqa: S310
                return json.load(reply)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            if len(said) > _LONGEST_MESSAGE:  # the request stands before what is wrong with it
                said = f"…{said[-_LONGEST_MESSAGE:]}"
            raise RuntimeError(f"the scoring server answers {error.code}: {said}") from error


def request_of(task: Task, rows: Sequence[Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Write inputs as the body of a request.

    Args:
        task: The task; of one without batches the first row is asked for.
        rows: Rows as callers of the pyfunc write them.
        params: Params of the request.

    Source: https://mlflow.org/docs/latest/genai/serving/custom-apps, "Accepted payload formats".
    """
    written = [_as_json(row) for row in rows]
    if task.mlflow_schema:
        return {**written[0], **params}
    more = {"params": dict(params)} if params else {}
    if isinstance(rows[0], dict):
        return {"dataframe_records": written, **more}
    return {"inputs": written if task.batches else written[0], **more}


def _as_json(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _as_json(item) for key, item in value.items()}
        case list():
            return [_as_json(item) for item in value]
        case bytes():
            return b64encode(value).decode()
        case np.ndarray() | np.generic():
            return value.tolist()
        case _:
            return value


@contextmanager
def serving(model: PyFuncModel, seed: int, task: Task) -> Generator[ServedView]:
    """Serve a model on a free port of loopback.

    Args:
        model: The loaded model.
        seed: Seed set before each prediction.
        task: Its task.

    Yields:
        The view of it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                scoring_app(model), log_config=None, log_level="critical", lifespan="off"
            )
        )
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield ServedView(
                f"http://127.0.0.1:{listening.getsockname()[1]}/invocations", seed, task
            )
        finally:
            server.should_exit = True
            thread.join()
