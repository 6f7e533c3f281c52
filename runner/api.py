"""The Python API: what the verbs do, as functions; ``runner.__all__`` is the promise."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RunnerError as RunnerError
from runner.findings import Finding as Finding
from runner.findings import RecipeError as RecipeError
from runner.machine.process import undisturbed
from runner.recipe import compose as composing
from runner.recipe.composing.composed import Composed
from runner.records import Observer, RunRecord, Silent
from runner.records import read_record as read_record

if TYPE_CHECKING:
    from runner.evaluation.proof import Proof
    from runner.sweeps.run_all import PointResult

Named = str | PathLike[str]
"""A recipe's name, or its file."""


def compose(
    recipe: Named | Sequence[str], *overrides: str, config_dirs: Sequence[Path] = ()
) -> Composed:
    """Compose a recipe; nothing is downloaded, and neither torch nor mlflow imported.

    Args:
        recipe: Its name (``text-generation/scratch``) or file; or all overrides at once, as the
            command line has them: ``["+recipe=NAME", "dtype=bfloat16"]``.
        overrides: ``key=value`` each, as on the command line; settings such as ``out=DIR`` and
            ``tracking.uri=null`` too.
        config_dirs: Folders of recipes, searched before ``./recipes`` and the shipped ones.

    Returns:
        The validated recipe and settings, with the origin of every value.

    Raises:
        RecipeError: With everything that is wrong, each finding with its place.
    """
    return composing.compose([*_named(recipe), *overrides], config_dirs)


def run(
    composed: Composed,
    folder: Path | None = None,
    observer: Observer | None = None,
    *,
    wait: bool = False,
) -> RunRecord:
    """Run a recipe: resolve, load, sign, save, prove, log.

    Args:
        composed: The composed recipe.
        folder: Folder for what the run leaves; ``<out>/<recipe>/<point>`` where absent.
        observer: Told of the run as it goes.
        wait: Wait for another run that works in the folder, instead of being refused.

    Returns:
        The record, as written. Whether the model is proven is its ``verdict``.

    Raises:
        RunnerError: A step failed. The record on disk says which.
    """
    with undisturbed():
        from runner.sweeps.points import points
        from runner.work.run import run as run_point

        (point,) = points([composed], sweep=False)
        return run_point(composed, folder or point.folder, point.name, observer, wait=wait)


def evaluate(model: Named, composed: Composed, folder: Path | None = None) -> "Proof":
    """Run the evaluation of a recipe on a model that is packaged already, whoever made it.

    Args:
        model: ``models:/name/version``, ``runs:/run/name``, an artifact URI or a model folder.
        composed: The recipe: its inputs, views and expectations, its dataset, metrics and gates.
        folder: Folder of the point, ``<out>/<recipe>/<point>`` where absent: ``evaluated/`` in it
            gets the table of all rows and the report.

    Returns:
        What was found: ``verdict``, ``checks``, ``views`` with the outputs, ``metrics``, and
        ``evaluation`` with the scores and gates.

    Raises:
        SourceError: The model cannot be had, or an input cannot be read.
        DataError: A row of the dataset cannot be used.
    """
    with undisturbed():
        from runner.sweeps.points import points
        from runner.work.evaluate import evaluate as evaluate_model

        (point,) = points([composed], sweep=False)
        return evaluate_model(fspath(model), composed, folder or point.folder)


def sweep(
    recipe: Named | Sequence[str],
    *overrides: str,
    config_dirs: Sequence[Path] = (),
    observer: Observer | None = None,
) -> "list[PointResult]":
    """Run every combination of the overrides' values; a failing point does not stop the others.

    Args:
        recipe: As :func:`compose` has it.
        overrides: As on the command line: ``dtype=float32,bfloat16``, ``params.seed=range(0,3)``.
        config_dirs: Folders of recipes, searched before ``./recipes`` and the shipped ones.
        observer: Told of each run as it goes.

    Returns:
        A result each, the last override's values varying fastest: ``record`` or ``error``.

    Raises:
        RecipeError: Any point is wrong; nothing was run then.
    """
    with undisturbed():
        from runner.recipe.composing.overrides import expand
        from runner.sweeps.in_mlflow import tracked_together
        from runner.sweeps.points import points
        from runner.sweeps.run_all import How, run_all

        asked = expand([*_named(recipe), *overrides], config_dirs)
        composed = composing.compose_all(asked, config_dirs)
        with tracked_together(points(composed, sweep=True)) as together:
            results = run_all(together.points, observer or Silent(), how=How(wait=True))
            together.close(results)
            return results


def _named(recipe: Named | Sequence[str]) -> list[str]:
    if isinstance(recipe, str | PathLike):
        return [composing.naming(fspath(recipe))]
    return list(recipe)
