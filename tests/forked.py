"""Processes of their own in milliseconds: each is forked from one that has imported the libraries.

A fork knows of the test only what it is given: environment, folder, path and code. What reads its
settings when it is imported (``huggingface_hub``) is imported before the fork only where the test
has left those settings as they were.
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
_FREE_OF_HUB = ("torch", "pandas", "mlflow", "mlflow.pyfunc")
_ASK_THE_HUB = ("transformers.pipelines", "mlflow.transformers")
_PARENT = """
import gc, importlib, json, os, sys, warnings
warnings.filterwarnings("ignore")
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
gc.freeze()
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        break
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
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
    before: str = "",
) -> Running:
    """Start a process of its own; wait for its end before the next one is started.

    Args:
        code: The Python of its main program.
        folder: Working directory.
        argv: Its ``sys.argv``.
        path: Folders that come first on its path.
        environment: Its environment.
        before: Code that is run before the libraries are imported.
    """
    parent = _parent(before, _of_hub(environment) == _of_hub(_USUAL))
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
        "output": held.name,
    }
    parent.stdin.write(json.dumps(asked) + "\n")
    parent.stdin.flush()
    return Running(int(parent.stdout.readline()), parent, held)


@cache
def _parent(before: str, usual: bool) -> "subprocess.Popen[str]":
    """Start the process to fork from; it ends when this one does and its stdin is closed."""
    imported = _FREE_OF_HUB + (_ASK_THE_HUB if usual else ())
    return subprocess.Popen(
        [sys.executable, "-I", "-c", before + _PARENT, json.dumps(imported)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_USUAL,
        cwd="/",
    )


def _of_hub(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if k.startswith(("HF_", "TRANSFORMERS_"))}
