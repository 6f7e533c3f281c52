"""A search: Optuna says which point is run next, from what the others gave."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from runner.errors import Exit, Pruned
from runner.findings import RecipeError
from runner.recipe.compose import compose_from, naming
from runner.recipe.composing.command_line import GROUP
from runner.recipe.composing.overrides import key_of
from runner.recipe.language.gates import SIZE
from runner.recipe.language.sweep import Search
from runner.recipe.reading.shelf import Shelf
from runner.recipe.sweeping.asking import AskedSweep
from runner.recipe.sweeping.files import SweepFile
from runner.recipe.sweeping.space import Dimension, corners, space_of
from runner.recipe.sweeping.written import override_of
from runner.records import RunRecord, read_record
from runner.sweeps.keeping import SweepJournal
from runner.sweeps.launching.batches import Ended
from runner.sweeps.launching.library import needed
from runner.sweeps.points import Point, points
from runner.sweeps.run_all import PointResult
from runner.sweeps.standing import standing
from runner.text.wording import figure

_POINT, _GATES, _EXIT = "point", "gates", "exit"
_DIGITS = 6
"""Of a number that is suggested: more make no other model, and a name that nobody reads."""


@dataclass(frozen=True)
class Asking:
    """What makes a point of the values that are asked for.

    Args:
        file: The sweep file.
        search: Its search.
        recipe: The recipe.
        shelf: Where recipes are.
        overrides: What the command line says for all points.
    """

    file: SweepFile
    search: Search
    recipe: str
    shelf: Shelf
    overrides: Sequence[str]

    def point(self, values: Mapping[str, Any]) -> Point:
        """Compose the point of some values.

        Args:
            values: The values by dotted key.

        Raises:
            RecipeError: They do not compose.
        """
        said = [override_of(key, value) for key, value in values.items()]
        chosen = [text for text in self.overrides if key_of(text) == GROUP]
        request = [*(chosen or [naming(self.recipe)]), *said]
        request += [text for text in self.overrides if text not in chosen]
        return points([compose_from(self.shelf, request)], sweep=True)[0]


def asking_of(asked: AskedSweep) -> Asking | None:
    """Give what makes the points of a search; nothing of a sweep that lists its points.

    Args:
        asked: The sweep file as the command line asks for it.
    """
    if asked.sweep.search is None:
        return None
    recipe = asked.sweep.recipes[0]
    return Asking(asked.file, asked.sweep.search, recipe, asked.shelf, asked.overrides)


def search_on(
    asking: Asking, kept: SweepJournal, run: Callable[[Point], PointResult]
) -> tuple[list[PointResult], list[str]]:
    """Run the points of a search, and go on where an earlier one ended.

    The trials lie in a file beside the record of the sweep. One that was killed is asked once more.
    Where recipe, space or objectives are no longer what they were, the search begins anew.

    Args:
        asking: What makes a point of values.
        kept: The record of the sweep; its points are those that were run.
        run: Runs a point.

    Returns:
        A result of each point, those of an earlier time first, and the names of the points that no
        other one beats and whose gates passed.

    Raises:
        WrongInput: Optuna is not installed.
    """
    optuna: Any = needed("optuna", "optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    dimensions = space_of(asking.file, asking.search)
    study = _study(optuna, asking, dimensions, kept)
    results: dict[Path, PointResult] = {}
    for trial in study.get_trials():
        if _POINT in trial.user_attrs:
            values = {one.key: _value(one, trial.params[one.key]) for one in dimensions}
            point = asking.point(values)
            kept.add(point, values)
            if earlier := _earlier(point, trial):
                results[point.folder] = earlier
    kept.record.points = standing(kept.record, kept.file).points
    kept.ended(*results.values())
    while _count(study) < asking.search.trials:
        trial = study.ask()
        values = {one.key: _suggested(trial, one) for one in dimensions}
        try:
            point = asking.point(values)
        except RecipeError:
            trial.set_user_attr(_GATES, [1.0])
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            continue
        trial.set_user_attr(_POINT, point.name)
        kept.add(point, values)
        with _looked_at(trial, asking.search):
            result = run(point)
        if not (result.kept and point.folder in results):
            results[point.folder] = result
        _tell(optuna, study, trial, result, list(asking.search.objectives))
    return [*results.values()], _best(study)


def _earlier(point: Point, trial: Any) -> PointResult | None:
    """Give what came of a point at an earlier time; nothing where its record tells of no end."""
    record = read_record(point.folder)
    if _GATES not in trial.user_attrs or not record or record.digest != point.composed.digest:
        return None
    told = (
        record.failure.model_dump(include={"code", "message", "remedy"}) if record.failure else {}
    )
    ended = Ended(folder=str(point.folder), exit=trial.user_attrs.get(_EXIT, 0), **told)
    return replace(ended.result(point), kept=True)


@contextmanager
def _looked_at(trial: Any, search: Search) -> Generator[None]:
    """Let Optuna look at the point that runs, where the search is to give points up."""
    if search.prune is None:
        yield
        return
    from runner.evaluation.interim import Look, looked_at  # NumPy, and all that makes a question

    (objective,) = search.objectives

    def look(seen: int, rows: int, value: float) -> None:
        trial.report(value, seen)
        if trial.should_prune():
            usual = "half of the points before it had better after as many"
            message = f"{objective} was {figure(value)} after {seen} of {rows} rows; {usual}."
            raise Pruned(message, "Run the point by itself to evaluate it on all rows.")

    with looked_at(Look(objective, search.prune.every, look)):
        yield


def _tell(optuna: Any, study: Any, trial: Any, result: PointResult, objectives: list[str]) -> None:
    """Tell Optuna what came of a point."""
    states = optuna.trial.TrialState
    found = _objectives(result.record, objectives)
    passed = result.record is not None and result.exit is Exit.DONE
    trial.set_user_attr(_EXIT, int(result.exit))
    trial.set_user_attr(_GATES, [0.0 if passed else 1.0])
    if found is not None:
        study.tell(trial, found)
    else:
        study.tell(trial, state=states.PRUNED if isinstance(result.error, Pruned) else states.FAIL)


def _study(optuna: Any, asking: Asking, dimensions: list[Dimension], kept: SweepJournal) -> Any:
    search = asking.search
    file = kept.file.with_name(kept.file.name.replace(".json", ".trials.log"))
    backend = optuna.storages.journal.JournalFileBackend(str(file))
    storage = optuna.storages.JournalStorage(backend)
    directions = list(search.objectives.values())
    study = optuna.create_study(
        storage=storage,
        study_name=_name(asking, dimensions),
        directions=directions,
        load_if_exists=True,
        pruner=_pruner(optuna, search),
    )
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):  # it was killed
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params)
    study.sampler = optuna.samplers.TPESampler(
        seed=search.seed + len(study.trials), constraints_func=_constraints
    )
    return study


def _name(asking: Asking, dimensions: list[Dimension]) -> str:
    """Name a study by what makes its trials comparable: none goes on where that was changed."""
    first = asking.point(corners(dimensions)[0])
    parts = (first.composed.digest, *dimensions, *asking.search.objectives.items())
    return sha256("\n".join(map(repr, parts)).encode()).hexdigest()


def _pruner(optuna: Any, search: Search) -> Any:
    """Give what says which points are given up: those worse than the median of the others."""
    if search.prune is None:
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(n_startup_trials=search.prune.first)


def _constraints(trial: Any) -> Sequence[float]:
    """Give what Optuna takes for a broken constraint: more than 0 where a gate did not pass."""
    return trial.user_attrs.get(_GATES, [1.0])


def _count(study: Any) -> int:
    """Count the trials that were run: one that was killed is asked once more, and counts once."""
    return sum(_GATES in trial.user_attrs for trial in study.get_trials())


def _suggested(trial: Any, dimension: Dimension) -> Any:
    bounds = dimension.bounds
    if bounds is None:
        places = list(range(len(dimension.choices)))
        return _value(dimension, trial.suggest_categorical(dimension.key, places))
    low, high = dimension.corners
    if isinstance(low, int) and bounds.step is not None:
        step = 1 if bounds.log else int(bounds.step)
        return trial.suggest_int(dimension.key, low, high, step=step, log=bounds.log)
    step = None if bounds.log else bounds.step
    found = trial.suggest_float(dimension.key, low, high, step=step, log=bounds.log)
    return _value(dimension, found)


def _value(dimension: Dimension, param: Any) -> Any:
    """Give the value that a trial's param stands for: of choices the trial has their places."""
    if dimension.bounds is None:
        return dimension.choices[param]
    return float(f"{param:.{_DIGITS}g}") if isinstance(param, float) else param


def _objectives(record: RunRecord | None, names: Sequence[str]) -> list[float] | None:
    """Give what a point gave for the objectives; nothing where one of them is not there."""
    if record is None:
        return None
    known: dict[str, float | None] = dict(record.metrics)
    if record.evaluation:
        known |= record.evaluation.measured
        known |= {score.name: score.value for score in record.evaluation.scores}
    known |= {SIZE: float(record.model_bytes)}
    found = [known.get(name) for name in names]
    return None if None in found else [float(one) for one in found if one is not None]


def _best(study: Any) -> list[str]:
    trials = [t for t in study.best_trials if t.user_attrs.get(_GATES) == [0.0]]
    return list(dict.fromkeys(str(trial.user_attrs[_POINT]) for trial in trials))
