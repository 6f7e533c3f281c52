"""The command line in one process that knows a hub on loopback; the hub stays with the test.

Where a hub is and whether there is network, huggingface_hub reads when it is imported: so the
process is another one, and as its start costs seconds, one serves many tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY, Outcome
from tests.hub_server import Hub, serving

_LOOP = """
import json, os, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from runner.cli import main
for line in sys.stdin:
    asked = json.loads(line)
    os.chdir(asked["folder"])
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(asked["arguments"])
    print(json.dumps([int(code), out.getvalue(), err.getvalue()]), flush=True)
"""


@dataclass
class Served:
    """A hub, and the command line of a process that asks it."""

    hub: Hub
    cache: Path
    process: "subprocess.Popen[str]"

    def cli(self, *arguments: str) -> Outcome:
        """Run the command line in the working directory of the test."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"folder": str(Path.cwd()), "arguments": arguments}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        return Outcome(code, out, err)


@contextmanager
def serving_cli(folder: Path) -> Iterator[Served]:
    """Serve an empty hub, and start a process that asks it.

    Args:
        folder: Where the hub's cache goes.
    """
    with serving() as hub:
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "HF_HOME": str(folder / "hf"),
            "HF_ENDPOINT": hub.url,
            "HF_HUB_OFFLINE": "0",
        }
        with subprocess.Popen(
            [sys.executable, "-c", _LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as process:
            yield Served(hub, folder / "hf" / "hub", process)
            assert process.stdin is not None
            process.stdin.close()
