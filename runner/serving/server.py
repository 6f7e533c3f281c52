"""Serving: a port, a model behind it, and an end in order."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from mlflow.models import Model

from runner.errors import Exit, RunnerError
from runner.files.temporary import temporary_folder
from runner.prediction.model import described, load, task_of
from runner.serving.app import App
from runner.serving.bounds import Bounds
from runner.serving.served import ServedModel
from runner.sources.mlflow.location import fetch_model, location_of

_SECONDS_TO_END = 10
_REGISTERED = "models:/"


class AddressError(RunnerError):
    """The address cannot be served at."""

    code = "address-failed"
    exit = Exit.OUTSIDE_FAILED


@dataclass(frozen=True)
class HowToServe:
    """How a model is served.

    Args:
        host: Address or name to listen at.
        port: Port; 0 for one that is free.
        name: What requests call the model; its own name where empty.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        bounds: What requests may take.
        tracking_uri: Tracking URI of the server that knows the model.
        check: Whether to load it and end, in place of serving.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    name: str = ""
    device: str = "auto"
    bounds: Bounds = field(default_factory=Bounds)
    tracking_uri: str | None = None
    check: bool = False


Told = Callable[[str, ServedModel], None]
"""Told the address and the model once requests are answered."""


def serve(uri: str, how: HowToServe, told: Told) -> None:
    """Serve a model until a signal ends it.

    Args:
        uri: ``models:/name/version``, ``runs:/run/name``, an artifact URI or a model folder.
        how: How it is served.
        told: Told when it is ready.

    Raises:
        AddressError: The address is taken, or not of this machine.
        SourceError: The model cannot be had, or does not load.
    """
    with _bound(how) as bound, temporary_folder("serve") as workdir:
        folder = fetch_model(location_of(uri, how.tracking_uri), Path(workdir), how.tracking_uri)
        said = described(folder)
        name = how.name or _name_of(uri, folder, said)
        model = ServedModel(load(folder, said, how.device), name, task_of(said))
        address = _address(bound)
        if how.check:
            told(address, model)
            return
        model.limit.watch(model.pyfunc)
        config = uvicorn.Config(
            App(model, how.bounds).routes(),
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )
        _Server(config, lambda: told(address, model)).run([bound])


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _bound(how: HowToServe) -> socket.socket:
    """Take the address; who connects before there is a model behind it is refused."""
    try:
        (family, kind, *_, address), *_ = socket.getaddrinfo(
            how.host, how.port, type=socket.SOCK_STREAM
        )
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        message = f"{how.host}:{how.port} cannot be listened at: {error.strerror or error}"
        raise AddressError(message, "Name another with --host and --port.") from error
    return bound


def _address(bound: socket.socket) -> str:
    host, port, *_ = bound.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _name_of(uri: str, folder: Path, said: Model) -> str:
    """Give the name that a model is registered by, else that of its recipe, else its folder's."""
    if uri.startswith(_REGISTERED):
        return uri.removeprefix(_REGISTERED).partition("@")[0].partition("/")[0]
    return str((said.metadata or {}).get("recipe") or folder.name)
