"""The points of a sweep run, and its record kept."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial

from runner.cli.asking import Asked
from runner.cli.results import print_point
from runner.cli.session import Session
from runner.sweeps.in_mlflow import tracked_together
from runner.sweeps.keeping import keep
from runner.sweeps.launching.batches import How
from runner.sweeps.launching.launch import launch
from runner.sweeps.run_all import PointResult
from runner.sweeps.searching import asking_of


def run_sweep(asked: Asked, args: Namespace, at: Session, how: How) -> Sequence[PointResult]:
    """Run the points of a sweep where its launcher says.

    Args:
        asked: The sweep.
        args: The arguments: ``overrides``.
        at: The session.
        how: How points are run.

    Returns:
        A result each.

    Raises:
        RunnerError: Its launcher cannot run it.
    """
    kept = keep(
        asked.points,
        command=["-m", *args.overrides],
        name=asked.sweep,
        baseline=asked.baseline,
        launcher=asked.launcher.kind,
    )
    asking = asking_of(asked.file) if asked.file else None
    told = partial(print_point, at.console)
    with tracked_together([] if asking else asked.points, asked.sweep) as sweep:
        points = sweep.points or asked.points
        results = launch(points, asked.launcher, at.observer, told, how, kept, asking)
        sweep.close(results)
    for name in kept.record.best:
        at.console.print(f"best: {name}", markup=False, highlight=False, soft_wrap=True)
    return results
