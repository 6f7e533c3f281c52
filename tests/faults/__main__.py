"""Faults on every verb: ``make faults``. Appends to the file given, a line of JSON each."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.clock import started_with_clock

if TYPE_CHECKING:
    from tests.faults.trials import Laboratory

_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "3",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
}
_ALL = "kill,kill in a write,SIGTERM,full disk,read-only disk,little memory,clock,server"
_PLACE = "FAULTS_PLACE"


def main() -> int:
    """Read the command line, and let faults befall the verbs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="of the results")
    parser.add_argument("--count", type=int, default=1000, help="of kills of each kind")
    parser.add_argument("--kinds", default=_ALL, help="with commas between them; else all")
    parser.add_argument("--verbs", default="", help="with semicolons between them; else all")
    parser.add_argument("--again", type=Path, help="results: those faults that went wrong")
    asked = parser.parse_args()
    place = Path(os.environ.setdefault(_PLACE, tempfile.mkdtemp(prefix="faults-")))
    if "clock" in asked.kinds:
        started_with_clock(place)
    with laboratory(place) as opened:
        from tests.faults.campaign import campaign, once_more

        names = [name for name in asked.verbs.split(";") if name]
        if asked.again:
            bad = once_more(opened, asked.again, asked.file)
        else:
            bad = campaign(opened, asked.kinds.split(","), asked.count, asked.file, names)
    sys.stderr.write(f"{bad} went wrong\n")
    return 1 if bad else 0


@contextmanager
def laboratory(place: Path) -> "Generator[Laboratory]":
    """Open a laboratory; this process is its own from then on.

    Args:
        place: Folder for all there is; it goes at the end.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from huggingface_hub import constants
    from transformers.utils import hub

    from tests.faults.machine import Disk, import_all, own_mounts
    from tests.faults.trials import Laboratory

    own_mounts()
    import_all()
    constants.HF_HUB_CACHE = hub.TRANSFORMERS_CACHE = str(place / "hub")
    opened = Laboratory(Disk(place / "disk"), place / "states")
    opened.keep.mkdir(parents=True)
    try:
        opened.warm_up()
        yield opened
    finally:
        opened.disk.remove()
        shutil.rmtree(place)


if __name__ == "__main__":
    sys.exit(main())
