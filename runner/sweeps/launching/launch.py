"""Launch the points of a sweep as its launcher says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from runner.errors import Exit, RunnerError, WrongInput
from runner.machine.memory import free_memory
from runner.recipe.language.sizes import parse_size
from runner.recipe.language.sweep import Launcher
from runner.records import Observer
from runner.sweeps.keeping import SweepJournal
from runner.sweeps.launching.batches import Batch, Ended, batches
from runner.sweeps.launching.local import run_in_processes
from runner.sweeps.launching.on_ray import run_in_tasks
from runner.sweeps.launching.on_submitit import cancel, run_in_jobs
from runner.sweeps.planning import IMPORTS, memory_of, weights_of
from runner.sweeps.points import Point
from runner.sweeps.run_all import How, PointResult, run_all
from runner.sweeps.searching import Asking, search_on
from runner.sweeps.together import waves
from runner.text.wording import size
from runner.work.plan import plan


class _Failed(Exception):
    """A point failed, and no further one is to be run."""


@dataclass(frozen=True)
class Launch:
    """How the points of a sweep are launched.

    Args:
        launcher: Where they run.
        how: How they are run.
        kept: The record of the sweep.
        observer: Told of the runs of this process as they go.
        started: Told of each point before it runs.
    """

    launcher: Launcher
    how: How
    kept: SweepJournal
    observer: Observer
    started: Callable[[Point], None] = lambda _: None

    def run(
        self, points: Sequence[Point], done: Mapping[str, PointResult] | None = None
    ) -> list[PointResult]:
        """Run points.

        Args:
            points: The points.
            done: The results of those that need not be run, by their folders.

        Returns:
            A result each, in the same order; none for those after a failure that ends the sweep.

        Raises:
            WrongInput: A point needs more memory than the launcher has for all.
            RunnerError: What the launcher takes is not there.
        """
        known = done or {}
        if self.launcher.is_here and self.launcher.workers == 1:
            return self._here(points, known)
        self.kept.ended(*known.values())
        found = {_place(result.point): result for result in known.values()}
        todo = [point for point in points if _place(point) not in found]
        try:
            for wave in waves(todo):
                self._elsewhere(wave, found)
        except _Failed:
            self._cancel()
        return [found[place] for point in points if (place := _place(point)) in found]

    def search(
        self, asking: Asking, under: Callable[[Point], Point] = lambda point: point
    ) -> list[PointResult]:
        """Run the points that a search asks for, one after the other.

        Args:
            asking: What makes its points.
            under: Gives a point that logs its run under that of the sweep.

        Returns:
            A result each.

        Raises:
            WrongInput: They are to run at once, or the library is not there.
        """
        if not self.launcher.is_here or self.launcher.workers > 1:
            message = "A search runs its points in one process: each depends on those before it."
            raise WrongInput("wrong-argument", message, "Leave the launcher out.")
        self.kept.record.points.clear()
        results, self.kept.record.best = search_on(
            asking, self.kept, lambda point: self._here([under(point)], None)[0]
        )
        self.kept.end()
        return results

    def _here(
        self, points: Sequence[Point], done: Mapping[str, PointResult] | None
    ) -> list[PointResult]:
        return run_all(points, self.observer, self._begun, self.how, done, self.kept.ended)

    def _begun(self, point: Point) -> None:
        self.started(point)
        self.kept.started(point)

    def _elsewhere(self, points: Sequence[Point], found: dict[str, PointResult]) -> None:
        by_folder = {_place(point): point for point in points}

        def ended(told: Ended) -> None:
            found[told.folder] = result = told.result(by_folder[told.folder])
            self.kept.ended(result)
            if self.how.fail_fast and result.exit is not Exit.DONE:
                raise _Failed

        alone = replace(self.how, fail_fast=False)  # whoever waits for all processes ends them all
        parts = _with_memory(batches(points, self.launcher.workers, alone), self.observer)
        memory = _bound(self.launcher, parts)
        workers, options = self.launcher.workers, dict(self.launcher.options)
        match self.launcher.kind:
            case "submitit":
                folder = self.kept.file.parent
                run_in_jobs(parts, workers, options, folder, self.kept.submitted, ended)
            case "ray":
                run_in_tasks(parts, workers, memory, options, ended)
            case _:
                run_in_processes(
                    parts, workers, memory, lambda at: self._begun(by_folder[at]), ended
                )

    def _cancel(self) -> None:
        """Cancel what a cluster would go on with; processes of this machine have been ended."""
        if jobs := [*self.kept.record.jobs.values()]:
            cancel(jobs, self.kept.file.parent)


def _place(point: Point) -> str:
    return str(point.folder.absolute())


def _with_memory(parts: Sequence[Batch], observer: Observer) -> list[Batch]:
    """Give batches with what their processes take at most, as the plans of their weights say."""
    needs: dict[str, int] = {}
    for batch in parts:
        first = batch.points[0]
        key = weights_of(first.composed)
        if key not in needs:
            observer.step_started("plan")
            try:
                planned = plan(first.composed, first.folder, first.name, observer.progress)
                needs[key] = memory_of(planned)
            except RunnerError:  # its run will tell, and the others still run
                needs[key] = IMPORTS
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
