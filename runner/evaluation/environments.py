"""An environment of a model's own requirements, made by uv once for all that say the same."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from runner.errors import Exit, RunnerError
from runner.files.cached import cache_folder
from runner.files.locked import holding

_REQUIREMENTS = ("requirements.txt", "constraints.txt")
_PYTHON = "python_env.yaml"
_DONE = ".complete"
_SAID = 3
ISOLATED = "isolated"
"""The view that needs an environment."""


class EnvironmentFailed(RunnerError):
    """An environment of a model's own cannot be made."""

    code = "environment-failed"
    exit = Exit.OUTSIDE_FAILED


def insist_on_uv() -> str:
    """Give the path of uv.

    Raises:
        EnvironmentFailed: There is none.
    """
    if found := shutil.which("uv"):
        return found
    message = "The view `isolated` needs uv, which makes the environment, and it is not there."
    raise EnvironmentFailed(message, "pip install uv, or leave it out of evaluation.views.")


def folder_of_environments() -> Path:
    """Give the folder that holds all environments: any of them can be removed."""
    return cache_folder("environments")


def announced(views: Sequence[str]) -> list[str]:
    """Say that an environment will be made, and where.

    Args:
        views: The views of the proof.
    """
    where = folder_of_environments()
    said = f"The isolated view makes an environment of the requirements with uv, under {where}."
    return [said] if ISOLATED in views else []


def digest_of(model: Path) -> str:
    """Give what tells the environment of a model from others: its Python and its requirements.

    Args:
        model: The model folder.
    """
    whole = hashlib.sha256(f"{sys.platform}\0{_python_of(model)}\n".encode())
    for name in _REQUIREMENTS:
        file = model / name
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        whole.update("\n".join([name, *sorted(filter(None, lines)), ""]).encode())
    return whole.hexdigest()


def environment_of(model: Path) -> Path:
    """Give the Python of an environment with the requirements of a model, which is made if need be.

    Args:
        model: The model folder.

    Raises:
        EnvironmentFailed: uv is not there, or cannot install what the model requires.
    """
    uv = insist_on_uv()
    folder = folder_of_environments() / digest_of(model)
    python = folder / "bin" / "python"
    try:
        with holding(folder.with_suffix(".lock")):
            if not (folder / _DONE).is_file():
                _make(uv, model, folder, python)
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}."
        raise EnvironmentFailed(message, "XDG_CACHE_HOME names another place.") from error
    return python


def _make(uv: str, model: Path, folder: Path, python: Path) -> None:
    listed = ("--requirements", str(model.absolute() / _REQUIREMENTS[0]))
    _call(uv, folder.parent, "venv", "--clear", "--python", _interpreter(model), str(folder))
    _call(uv, folder.parent, "pip", "install", "--python", str(python), *listed)
    (folder / _DONE).touch()


def _call(uv: str, folder: Path, *arguments: str) -> None:
    """Call uv where the user's own configuration counts, and none that lies beside a model."""
    said = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(  # noqa: S603
        [uv, "--quiet", *arguments],
        cwd=folder, env=said, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        lines = " ".join(" ".join(done.stderr.strip().split("\n")[:_SAID]).split())
        message = f"The model's environment cannot be made: uv {arguments[0]} says: {lines}"
        raise EnvironmentFailed(
            message, "Check the package index and the model's requirements.txt."
        )


def _python_of(model: Path) -> str:
    """Give the version of Python that a model says it was made with."""
    file = model / _PYTHON
    said = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return str(said.get("python") or platform.python_version())


def _interpreter(model: Path) -> str:
    wanted = _python_of(model)
    return sys.executable if wanted == platform.python_version() else wanted
