"""The isolated view of a saved model: plain MLflow, in an environment of the model's own."""

import json
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from runner.evaluation import plain_mlflow
from runner.evaluation.environments import environment_of
from runner.evaluation.inputs import as_callers_write
from runner.evaluation.plain_mlflow import read, written
from runner.files.temporary import temporary_folder
from runner.tasks import Task

_SCRIPT = Path(plain_mlflow.__file__)
_LAST = 300


@dataclass(frozen=True)
class IsolatedView:
    """A model that a process of its own has loaded.

    Args:
        process: The process.
        said: What it says beside its replies.
        seed: Seed set before each prediction.
        task: The task.
    """

    process: "subprocess.Popen[str]"
    said: IO[str]
    seed: int
    task: Task

    def predict(self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None) -> Any:
        """Give what ``predict`` gives there, as ``PyfuncView`` does here.

        Raises:
            RuntimeError: It raises there; says what.
        """
        rows = [as_callers_write(self.task, row) for row in inputs]
        data = rows if self.task.batches else rows[0]
        given = dict(params) if params else None
        asked = {"inputs": written(data), "params": written(given), "seed": self.seed}
        return read(self.ask(asked)["answer"])

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a line, and give the reply.

        Args:
            request: What is asked.

        Raises:
            RuntimeError: The process is gone, or replies that it failed.
        """
        requests, replies = self.process.stdin, self.process.stdout
        if requests is None or replies is None:
            raise RuntimeError("the process has no pipes")
        try:
            requests.write(json.dumps(request) + "\n")
            requests.flush()
            line = replies.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.said.seek(0)
            last = self.said.read().strip()[-_LAST:]
            raise RuntimeError(f"the process of its own ended with {self.process.wait()}: {last}")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"in an environment of its own: {reply['error']}")
        return reply


@contextmanager
def isolated(
    path: Path, config: Mapping[str, Any] | None, seed: int, task: Task
) -> Generator[IsolatedView]:
    """Load a model in an environment of its own.

    Args:
        path: The model folder.
        config: ``model_config`` of the loading.
        seed: Seed set before each prediction.
        task: Its task.

    Yields:
        The view of it.

    Raises:
        EnvironmentFailed: The environment cannot be made.
        RuntimeError: The model does not load there; says why.
    """
    python = environment_of(path)
    with (
        temporary_folder("isolated") as workdir,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(  # noqa: S603
            [python, "-I", "-W", "ignore", _SCRIPT],
            cwd=workdir, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            encoding="utf-8",
        ) as process,
    ):  # fmt: skip
        try:
            view = IsolatedView(process, said, seed, task)
            view.ask({"model": str(path.absolute()), "config": dict(config) if config else None})
            yield view
        finally:
            process.terminate()
