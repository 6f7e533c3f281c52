"""``run -m … --status`` and ``--cancel``: how a sweep stands that somebody else may be running."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator

from runner.cli.asking import Asked
from runner.cli.documents import write_answer
from runner.cli.swept import columns
from runner.errors import Exit, WrongInput
from runner.sweeps.record import SweepRecord, read_sweep, sweep_file
from runner.sweeps.standing import standing


def tell_standing(asked: Asked, args: Namespace) -> Exit:
    """Say how a sweep stands, and cancel its jobs where that is asked for.

    Args:
        asked: The sweep.
        args: The arguments: ``cancel`` and ``output``.

    Returns:
        The gravest exit code of the points that are over.

    Raises:
        WrongInput: It is no sweep, or one that has never run or has no jobs to cancel.
    """
    if not asked.is_sweep:
        what = "--cancel" if args.cancel else "--status"
        message = f"{what} is of a sweep, and this is one run."
        raise WrongInput("no-sweep", message, "Add -m, or see `runs`, which lists what ran.")
    file = sweep_file([point.around for point in asked.points], asked.sweep)
    written = read_sweep(file)
    if written is None:
        message = f"There is no sweep in {file.parent}: {file.name} is not there."
        raise WrongInput("no-sweep", message, "Run it, or name the out=DIR that it ran with.")
    record = standing(written, file)
    if args.cancel:
        jobs = [record.jobs[p.folder] for p in record.points if p.folder in record.jobs]
        if not jobs:
            message = "The sweep has no jobs on a cluster."
            raise WrongInput("no-sweep", message, "What runs on this machine ends with Ctrl-C.")
        from runner.sweeps.launching.on_submitit import cancel

        cancel(jobs, file.parent)
    write_answer(args, record.model_dump(mode="json"), _lines(record))
    return max((p.exit for p in record.points if p.exit is not None), default=Exit.DONE)


def _lines(record: SweepRecord) -> Iterator[str]:
    rows = [[*record.varies, "status", "job", "error"]]
    for point in record.points:
        values = [str(point.values.get(key, "")) for key in record.varies]
        job = record.jobs.get(point.folder, "")
        rows.append([*values, point.status.value, job, point.error.get("code", "")])
    yield from columns(rows)
    counts = Counter(point.status.value for point in record.points)
    yield ", ".join(f"{count} {status}" for status, count in counts.items())
