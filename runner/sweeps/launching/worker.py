"""A worker: ``python -m runner.sweeps.launching.worker FILE`` runs a batch and tells of its points.

It tells on standard output, a line of JSON for each point that begins or has ended. It ends with
whoever began it, which is the other end of its standard input.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from runner.files.temporary import temporary_files_kept_together
from runner.machine.process import undisturbed
from runner.records import Silent

if TYPE_CHECKING:
    from runner.sweeps.launching.batches import Batch, Ended
    from runner.sweeps.points import Point
    from runner.sweeps.run_all import PointResult

STARTED = "started"
ENDED = "ended"
_BY_SIGNAL = 128


def work(
    batch: "Batch",
    started: "Callable[[Point], None]" = lambda _: None,
    ended: "Callable[[PointResult], None]" = lambda _: None,
) -> "list[Ended]":
    """Run a batch in this process, quietly.

    Args:
        batch: The batch.
        started: Told of each point before it runs.
        ended: Told of each point once it has ended.

    Returns:
        How each point ended.
    """
    if batch.place.is_dir():
        os.chdir(batch.place)
    with redirect_stdout(sys.stderr), undisturbed():
        from runner.sweeps.launching.batches import Ended
        from runner.sweeps.run_all import run_all
        from runner.upstream.transformers_api import spare_unused_imports

        spare_unused_imports()
        results = run_all(batch.points, Silent(), started, batch.how, ended=ended)
        return [Ended.of(result) for result in results]


def _main(file: Path) -> None:
    from runner.errors import ending_of

    try:
        _work_through(file)
    except KeyboardInterrupt as stop:
        sys.exit(_BY_SIGNAL + ending_of(stop)[1])


def _work_through(file: Path) -> None:
    from runner.machine.signals import ending_in_order

    told = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    with (
        ending_in_order(),
        redirect_stdout(sys.stderr),
        undisturbed(),
        temporary_files_kept_together(),
    ):
        threading.Thread(target=_end_with_parent, daemon=True).start()
        batch: Batch = pickle.loads(file.read_bytes())  # noqa: S301
        from runner.sweeps.launching.batches import Ended

        work(
            batch,
            lambda point: print(STARTED, point.folder.absolute(), file=told, flush=True),
            lambda result: print(ENDED, Ended.of(result).model_dump_json(), file=told, flush=True),
        )


def _end_with_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
