"""The command line in a process of its own."""

import os
import sys
from pathlib import Path

from tests.conftest import REPOSITORY, Outcome
from tests.forked import Running, start

MAIN = 'import runpy; runpy.run_module("runner", run_name="__main__", alter_sys=True)'
"""The code of ``python -m runner``."""


def alone(workspace: Path, *arguments: str, **environment: str) -> Outcome:
    """Run ``python -m runner`` in a process of its own."""
    done = start_alone(workspace, *arguments, **environment).end()
    return Outcome(done.code, done.stdout, done.stderr)


def start_alone(workspace: Path, *arguments: str, **environment: str) -> Running:
    """Start ``python -m runner`` in a process of its own."""
    return start(
        MAIN,
        workspace,
        argv=["runner", *arguments],
        path=["", str(REPOSITORY), *_extra_path()],
        environment={**os.environ, **environment},
    )


def _extra_path() -> list[str]:
    """Folders that this test put on the path."""
    return [p for p in sys.path if p.endswith("site") and "pytest" in p]
