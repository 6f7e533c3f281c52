"""The command line in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY, Outcome


def alone(workspace: Path, *arguments: str) -> Outcome:
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *_extra_path()])},
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def _extra_path() -> list[str]:
    """Folders that this test put on the path."""
    return [p for p in sys.path if p.endswith("site") and "pytest" in p]
