"""Launch the points of a sweep as its launcher says."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from runner.errors import WrongInput
from runner.memory import free_memory
from runner.recipe.language.sizes import parse_size
from runner.recipe.language.sweep import Launcher
from runner.records import Observer
from runner.sweeps.keeping import Kept
from runner.sweeps.launching.batches import Batch, Ended, How, batches
from runner.sweeps.launching.local import run_in_processes
from runner.sweeps.launching.on_ray import run_in_tasks
from runner.sweeps.launching.on_submitit import run_in_jobs
from runner.sweeps.planning import memory_of, weights_of
from runner.sweeps.points import Point
from runner.sweeps.run_all import PointResult, run_all
from runner.sweeps.searching import Asking, search_on
from runner.wording import size
from runner.work.plan import plan


def launch(
    points: Sequence[Point],
    launcher: Launcher,
    observer: Observer,
    started: Callable[[Point], None],
    how: How,
    kept: Kept,
    asking: Asking | None = None,
) -> list[PointResult]:
    """Run the points of a sweep where its launcher says.

    Args:
        points: The points.
        launcher: Where they run.
        observer: Told of the runs of this process as they go.
        started: Told of each point before it runs.
        how: How they are run.
        kept: The record of the sweep.
        asking: What a search makes its points with; the points are its corners.

    Returns:
        A result each, in the same order.

    Raises:
        WrongInput: A point needs more memory than the launcher has for all.
        RunnerError: What the launcher takes is not there.
    """

    def begun(point: Point) -> None:
        started(point)
        kept.started(point)

    if asking:
        kept.record.points.clear()
        if not launcher.is_here or launcher.workers > 1:
            message = "A search runs its points in one process: each depends on those before it."
            raise WrongInput("wrong-argument", message, "Leave the launcher out.")

        def one(point: Point) -> PointResult:
            return _in_this_process([point], observer, begun, kept, how)[0]

        results, kept.record.best = search_on(asking, kept, one)
        kept.end()
        return results
    if launcher.is_here and launcher.workers == 1:
        return _in_this_process(points, observer, begun, kept, how)
    by_folder = {str(point.folder.absolute()): point for point in points}
    found: dict[str, PointResult] = {}

    def done(told: Ended) -> None:
        found[told.folder] = told.result(by_folder[told.folder])
        kept.ended(found[told.folder])

    parts = _with_memory(batches(points, launcher.workers, how), observer)
    memory = _bound(launcher, parts)
    options = dict(launcher.options)
    match launcher.kind:
        case "submitit":
            folder = kept.file.parent
            run_in_jobs(parts, launcher.workers, options, folder, kept.submitted, done)
        case "ray":
            run_in_tasks(parts, launcher.workers, memory, options, done)
        case _:
            run_in_processes(parts, launcher.workers, memory, lambda at: begun(by_folder[at]), done)
    return [found[folder] for folder in by_folder]


def _in_this_process(
    points: Sequence[Point],
    observer: Observer,
    begun: Callable[[Point], None],
    kept: Kept,
    how: How,
) -> list[PointResult]:
    return run_all(
        points, observer, begun, kept.ended, wait=how.wait, update_golden=how.update_golden
    )


def _with_memory(parts: Sequence[Batch], observer: Observer) -> list[Batch]:
    """Give batches with what their processes take at most, as the plans of their weights say."""
    needs: dict[str, int] = {}
    for batch in parts:
        first = batch.points[0]
        key = weights_of(first.composed)
        if key not in needs:
            observer.step_started("plan")
            planned = plan(first.composed, first.folder, first.name, observer.progress)
            needs[key] = memory_of(planned)
    return [replace(batch, memory=needs[weights_of(batch.points[0].composed)]) for batch in parts]


def _bound(launcher: Launcher, parts: Sequence[Batch]) -> int | None:
    given = parse_size(launcher.memory) if launcher.memory else None
    greatest = max(parts, key=lambda batch: batch.memory)
    if given is not None and greatest.memory > given:
        name = greatest.points[0].name
        raise WrongInput(
            "too-little-memory",
            f"{name} takes up to {size(greatest.memory)}, and the launcher has {launcher.memory}.",
            "Give it more with launcher.memory=SIZE, or leave the point out.",
        )
    free = free_memory() if launcher.is_here else None
    return given or (free and max(free, greatest.memory))
