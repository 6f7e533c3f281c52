"""Git called as a program: fixed arguments, no shell, and nothing of others is run by it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runner.errors import Exit, RunnerError

_HARMLESS = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "core.attributesFile=/dev/null",
)  # fmt: skip
_OF_A_HOOK = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
    "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
)  # fmt: skip
"""What git tells the hooks it runs: of another repository, perhaps, than the one asked for."""


class GitError(RunnerError):
    """Git is missing, or could not do what it was asked."""

    code = "git-failed"
    exit = Exit.OUTSIDE_FAILED


def call(
    folder: Path, *arguments: str, ceiling: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git to its end, whatever that is.

    Args:
        folder: Where.
        arguments: What.
        ceiling: Where git stops looking for a repository around the folder.

    Raises:
        GitError: There is no git.
    """
    return subprocess.run(  # noqa: S603
        command(folder, *arguments), capture_output=True, check=False, env=environment(ceiling)
    )


def command(folder: Path, *arguments: str) -> list[str]:
    """Give the command line of git; nothing that a configuration names is run by it.

    Args:
        folder: Where.
        arguments: What.

    Raises:
        GitError: There is no git.
    """
    git = [_program(), "--no-pager", "--no-replace-objects", *_HARMLESS]
    return [*git, "-C", str(folder), *arguments]


def environment(ceiling: Path | None = None) -> Mapping[str, str]:
    """Give git's environment: nothing is fetched, locked or asked, and no hook's words count.

    Args:
        ceiling: Where git stops looking for a repository.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    return {
        **inherited,
        **({"GIT_CEILING_DIRECTORIES": str(ceiling)} if ceiling else {}),
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def text(output: bytes) -> str:
    """Give what git said as text, without the line break at its end."""
    return output.decode(errors="replace").strip()


def _program() -> str:
    if found := shutil.which("git"):
        return found
    raise GitError("there is no git on this machine", "Install git.")
