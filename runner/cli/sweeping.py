"""The points of a sweep run, and its record kept."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial

from runner.cli.asking import Asked
from runner.cli.results import print_point
from runner.cli.session import Session
from runner.sweeps.keeping import keep
from runner.sweeps.parents import is_left_open
from runner.sweeps.points import Point
from runner.sweeps.run_all import How, PointResult


def run_sweep(
    asked: Asked,
    points: Sequence[Point],
    args: Namespace,
    at: Session,
    how: How,
    done: Mapping[str, PointResult],
) -> Sequence[PointResult]:
    """Run the points of a sweep where its launcher says.

    Args:
        asked: The sweep.
        points: Those of its points that are to be run, or are done.
        args: The arguments: ``overrides``.
        at: The session.
        how: How points are run.
        done: The results of points that need not be run, by their folders.

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
    if len(done) == len(points) and not asked.searches and not is_left_open(points):
        kept.record.end()
        kept.ended(*done.values())
        return [*done.values()]
    from runner.sweeps.in_mlflow import tracked_together
    from runner.sweeps.launching.launch import Launch
    from runner.sweeps.searching import asking_of

    asking = asking_of(asked.file) if asked.file else None
    told = partial(print_point, at.console)
    with tracked_together(points, asked.sweep) as sweep, kept.told_of_a_stop():
        launch = Launch(asked.launcher, how, kept, at.observer, told)
        if asking:
            results = launch.search(asking, sweep.under)
            sweep.close(results, kept.folders)
        else:
            results = launch.run(sweep.points, done)
            sweep.close(results)
    for name in kept.record.best:
        at.console.print(f"best: {name}", markup=False, highlight=False, soft_wrap=True)
    return results
