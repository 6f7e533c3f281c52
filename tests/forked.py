"""Processes of their own in milliseconds: each is forked from one that has imported the libraries.

A fork knows of the test only what it is given: environment, folder, path and code. What reads its
settings when it is imported (``huggingface_hub``) is imported once for each set of settings that
tests share: those that they begin with, and those of tests/shared_hub.py. A process with settings
of its own imports it itself, which takes seconds.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

_USUAL = dict(os.environ)
_FREE_OF_HUB = (
    *("torch", "pandas", "mlflow", "mlflow.pyfunc", "mlflow.store.db.utils", "alembic.command"),
    *("mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store"),
    *("mlflow.tracking.client", "mlflow.tracing.provider", "hydra.core.override_parser"),
    *("hydra.core.override_parser.overrides_parser", "omegaconf", "rich.console", "sqlite3"),
)
_ASK_THE_HUB = ("transformers.pipelines", "mlflow.transformers", "peft")
_PARENT = """
import gc, importlib, json, os, sys, warnings
warnings.filterwarnings("ignore")
free_of_hub, ask_the_hub = map(json.loads, sys.argv[1:])
settled = {}

def have(names):
    for name in names:
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.partition(".")[0] == "runner"]
    gc.freeze()

def serve(lines, settled):
    '''Fork a child for each line; it goes on with what was asked.'''
    for line in lines:
        asked = json.loads(line)
        if asked["settings"] and settled is not None:
            key = json.dumps(asked["settings"])
            if key not in settled:
                reads, writes = os.pipe()
                if not os.fork():
                    os.close(writes)  # so that it ends when there is nobody left to write
                    os.environ.clear()
                    os.environ.update(asked["settings"])
                    have(ask_the_hub)
                    return serve(os.fdopen(reads), None)
                settled[key] = os.fdopen(writes, "w", buffering=1)
            settled[key].write(line)
            continue
        child = os.fork()
        if not child:
            return asked
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()

have(free_of_hub)
asked = serve(sys.stdin, settled)
for number, name in enumerate((os.devnull, "stdout", "stderr")):
    place = os.path.join(asked["output"], name)  # of /dev/null it stays what it is
    os.dup2(os.open(place, os.O_RDWR), number)
os.chdir(asked["folder"])
os.environ.clear()
os.environ.update(asked["environment"])
sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
sys.path[:0] = asked["path"]
sys.argv = asked["argv"]
exec(compile(asked["code"], "<forked>", "exec"), {"__name__": "__main__"})
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Args:
        code: Its exit code; below zero where a signal ended it.
        stdout: What it printed.
        stderr: What it complained of.
    """

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Running:
    """A process that was started.

    Args:
        pid: Its number.
        parent: The process that it was forked from.
        folder: Where its output goes.
    """

    pid: int
    parent: "subprocess.Popen[str]"
    folder: "TemporaryDirectory[str]"

    def end(self) -> Ended:
        """Wait for its end."""
        assert self.parent.stdout is not None
        code = int(self.parent.stdout.readline())
        with self.folder as held:
            out, err = (Path(held, name).read_text() for name in ("stdout", "stderr"))
        return Ended(code, out, err)


def start(
    code: str,
    folder: Path,
    *,
    argv: Sequence[str] = (),
    path: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
) -> Running:
    """Start a process of its own; wait for its end before the next one is started.

    Args:
        code: The Python of its main program.
        folder: Working directory.
        argv: Its ``sys.argv``.
        path: Folders that come first on its path.
        environment: Its environment.
    """
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    held = TemporaryDirectory()
    for name in ("stdout", "stderr"):  # before the start: it may be killed at once
        Path(held.name, name).touch()
    asked = {
        "code": code,
        "folder": str(folder),
        "argv": list(argv),
        "path": list(path),
        "environment": dict(environment),
        "settings": _settings(environment),
        "output": held.name,
    }
    parent.stdin.write(json.dumps(asked) + "\n")
    parent.stdin.flush()
    return Running(int(parent.stdout.readline()), parent, held)


def share(environment: Mapping[str, str]) -> None:
    """Let processes with these settings of the hub share what they import."""
    _shared.append(_of_hub(environment))


@cache
def _parent() -> "subprocess.Popen[str]":
    """Start the process to fork from; it ends when this one does and its stdin is closed."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _PARENT, json.dumps(_FREE_OF_HUB), json.dumps(_ASK_THE_HUB)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_USUAL,
        cwd="/",
    )


def _of_hub(environment: Mapping[str, str]) -> dict[str, str]:
    """Give what is read at import; the token is read whenever the hub is asked."""
    settings = {k: v for k, v in environment.items() if k.startswith(("HF_", "TRANSFORMERS_"))}
    settings.pop("HF_TOKEN", None)
    return settings


def _settings(environment: Mapping[str, str]) -> dict[str, str] | None:
    """Give the environment to import with; nothing where no other test has these settings."""
    of_hub = _of_hub(environment)
    if of_hub not in _shared:
        return None
    return {k: v for k, v in _USUAL.items() if k not in _of_hub(_USUAL)} | of_hub


_shared = [_of_hub(_USUAL)]
