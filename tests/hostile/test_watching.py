"""The watch sees what it is there to see: a count of nothing done says nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.hostile.watching import PLANTED

_WATCHED = """
import json, os, pickle, socket, subprocess, sys
from pathlib import Path
from tests.hostile.watching import Watch

here = Path.cwd()
watch = Watch(here / "own", here / "own/theirs")
with watch.looking():
    try:
        exec(sys.argv[1])
    except Exception:
        pass
print(json.dumps(watch.seen))
"""


def seen(workspace: Path, code: str) -> list[str]:
    """Give what is seen while something is done, in a process of its own: the watch stays."""
    theirs = workspace / "own/theirs"
    theirs.mkdir(parents=True)
    (theirs / f"{PLANTED}.py").write_text("ran = True\n")
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, code],
        env={"PYTHONPATH": f"{REPOSITORY}:{theirs}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "code",
    [
        "os.system('true')",
        "subprocess.run(['true'])",
        "subprocess.run(['git', 'status'])",
        f"import {PLANTED}",
        f"exec(compile('1', str(here / 'own/theirs/{PLANTED}.py'), 'exec'))",
        "pickle.loads(b'cos\\nsystem\\n.')",
        "socket.create_connection(('127.0.0.1', 9), 1)",
        "socket.getaddrinfo('example.org', 80)",
        "open(here / 'outside', 'w')",
        "os.mkdir(here / 'outside')",
        "os.rename(here / 'own/theirs', here / 'outside')",
        "os.symlink('/etc', here / 'outside')",
    ],
)
def test_what_acts_is_seen(workspace: Path, code: str) -> None:
    assert seen(workspace, code)


@pytest.mark.parametrize(
    "code",
    [
        "open(here / 'own/file', 'w').close()",
        "open('/etc/passwd').close()",
        "os.mkdir(here / 'own/folder')",
        "import decimal",
    ],
)
def test_what_a_verb_may_do_is_not(workspace: Path, code: str) -> None:
    assert seen(workspace, code) == []
