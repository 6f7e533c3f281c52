"""MLflow's own tracking server, whose answers go wrong at a request that is drawn."""

import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

REFUSED, RESET, LOST, HALF, SILENT = (
    "500",
    "the connection is reset",
    "it does what is asked, and the answer is lost",
    "half an answer",
    "no answer",
)
ANSWERS = (REFUSED, RESET, LOST, HALF, SILENT)
_BEGUN = struct.Struct("qqq")
_ONCE, _FOR_EVER = 1, 2**40
_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Tracked:
    """A server that is running.

    Args:
        uri: Its tracking URI.
        told: What it counts, and what it is told: requests, the one that goes wrong, how many do.
    """

    uri: str
    told: shared_memory.SharedMemory

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return _BEGUN.unpack_from(self.told.buf)[0]

    def go_wrong(self, at: int, *, for_ever: bool = False) -> None:
        """Let the answer to a request go wrong, counted from now on; none where it is 0."""
        _BEGUN.pack_into(self.told.buf, 0, 0, at, _FOR_EVER if for_ever else _ONCE)


@contextmanager
def tracking(folder: Path, listening: socket.socket, answer: str = REFUSED) -> Generator[Tracked]:
    """Serve a store in a process of its own, with artifacts through the server.

    Args:
        folder: Where the store is; made where it is not there.
        listening: Where it listens, so that a store is at the same address whoever serves it.
        answer: What an answer is that goes wrong.
    """
    folder.mkdir(exist_ok=True)
    told = shared_memory.SharedMemory(create=True, size=_BEGUN.size)
    process = os.fork()
    if not process:
        _serve(folder, listening, told, answer)
    try:
        tracked = Tracked(address(listening), told)
        tracked.go_wrong(0)
        _await(listening.getsockname()[1])
        yield tracked
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        told.close()
        told.unlink()


def address(listening: socket.socket) -> str:
    """Give the tracking URI of a server that listens there."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def _await(port: int) -> None:
    """Wait until it answers: it listens already, so that the first request waits for it."""
    with socket.create_connection(("127.0.0.1", port)) as asked:
        asked.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if not asked.recv(64).startswith(b"HTTP/1.1 200"):
            raise RuntimeError("the tracking server does not answer")


def _serve(
    folder: Path, listening: socket.socket, told: shared_memory.SharedMemory, answer: str
) -> None:
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.chdir(folder)
        os.environ["_MLFLOW_SERVER_FILE_STORE"] = f"sqlite:///{folder}/mlflow.db"
        os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = "mlflow-artifacts:/"
        os.environ["_MLFLOW_SERVER_ARTIFACT_DESTINATION"] = str(folder / "artifacts")
        os.environ["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"
        from mlflow.server import app

        lock = threading.Lock()

        def wrong() -> bool:
            with lock:
                count, at, many = _BEGUN.unpack_from(told.buf)
                _BEGUN.pack_into(told.buf, 0, count + 1, at, many)
                return bool(at) and at <= count + 1 < at + many

        server = make_server(
            "127.0.0.1",
            0,
            app,
            threaded=True,
            request_handler=_handler(wrong, answer),
            fd=listening.fileno(),
        )
        server.serve_forever()
    finally:
        os._exit(1)


def _handler(wrong: Callable[[], bool], answer: str) -> type[WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        def run_wsgi(self) -> None:
            if self.path == "/health" or not wrong():
                super().run_wsgi()
                return
            self.close_connection = True
            match answer:
                case "500":
                    self._say(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
                case _ if answer == HALF:
                    self._say(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"run": {"in')
                case _ if answer == SILENT:
                    time.sleep(60)
                case _ if answer == LOST:
                    ours, self.wfile = self.wfile, _Nowhere()
                    super().run_wsgi()
                    self.wfile = ours
            if answer in (RESET, LOST):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
                self.connection.close()

        def _say(self, said: bytes) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.wfile.write(said)

        def log(self, *_: Any, **__: Any) -> None:
            pass

    return Handler


class _Nowhere:
    """What is written to it is gone."""

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        pass
