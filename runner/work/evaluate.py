"""Evaluate a packaged model: the proof of a recipe, on a model that is there already."""

from functools import partial
from pathlib import Path

from runner.errors import SourceError
from runner.evaluation.golden import Golden, golden_of
from runner.evaluation.held import skipped
from runner.evaluation.inputs import read_inputs
from runner.evaluation.own_example import example_for_saved
from runner.evaluation.proof import Proof, prove
from runner.evaluation.source import Origin
from runner.files.temporary import temporary_folder
from runner.packaging.blueprint import draw
from runner.recipe.composing.composed import Composed
from runner.records import CheckRecord
from runner.report.report import write_report
from runner.sources.base import Progress, no_progress
from runner.sources.mlflow.location import fetch_model, location_of
from runner.work import entries
from runner.work.on_data import evaluate_on_data, sampling_rate
from runner.work.ready import insist_on_ready
from runner.work.resolve import resolve, with_brought

FOLDER = "evaluated"
"""Where it leaves what it finds, in the folder of the point."""


def evaluate(
    model: str,
    composed: Composed,
    folder: Path,
    progress: Progress = no_progress,
    *,
    update_golden: bool = False,
) -> Proof:
    """Run the evaluation of a recipe on a packaged model: its proof, and what it says on data.

    Of a recipe with a dataset, whose proof says nothing by itself, the data are all that is run.

    Args:
        model: ``models:/name/version``, ``runs:/run/name``, an artifact URI or a model folder.
        composed: The recipe: its inputs, views and expectations; its ``device`` and
            ``tracking.uri`` settings.
        folder: Folder of the point: ``evaluated/`` in it gets the table of all rows and the report,
            beside those of the run and not in their place.
        progress: Told how many rows are done.
        update_golden: Take what the model answers for golden.

    Returns:
        What was found. A model that cannot be loaded or run is a failed check, not an exception.

    Raises:
        SourceError: The model, or its source where that is asked for, cannot be had, or an input
            cannot be read.
        DataError: A row cannot be read, given to the model, answered or measured.
    """
    rows = insist_on_ready(composed)
    uri = composed.settings.tracking.uri
    with temporary_folder("evaluate") as name:
        workdir = Path(name)
        there = fetch_model(location_of(model, uri), workdir, uri)
        golden = golden_of(composed, update=update_golden)
        proof = _prove(composed, there, workdir, golden) if _says_something(composed) else Proof()
        into = folder / FOLDER
        proof.evaluation = evaluate_on_data(composed, rows, there, folder, progress, into=into)
        if proof.evaluation:
            proof.reports = _report(model, composed, proof, folder)
        return proof


def _report(model: str, composed: Composed, proof: Proof, folder: Path) -> list[str]:
    record = entries.begun(composed, folder.name)
    found = {**entries.of_proof(proof).fields, "evaluation": proof.evaluation}
    told = record.model_copy(update={**found, "model": model})
    return write_report(told, composed.recipe, folder / FOLDER)


def _says_something(composed: Composed) -> bool:
    evaluation = composed.recipe.evaluation
    wanted = evaluation.inputs or evaluation.expect or evaluation.golden
    return bool(evaluation.dataset is None or wanted)


def _prove(composed: Composed, model: Path, workdir: Path, golden: Golden | None) -> Proof:
    own = partial(example_for_saved, composed.recipe.contract, model)
    inputs = read_inputs(composed, workdir, sampling_rate(model), own)
    origin = _origin(composed, workdir / "source")
    return prove(composed.recipe, inputs.proof, model, composed.settings.device, origin, golden)


def _origin(composed: Composed, workdir: Path) -> Origin | CheckRecord | None:
    """Find the source of a model; it is fetched only where the recipe names the view."""
    views = composed.recipe.evaluation.views
    if views is not None and "source" not in views:
        return None
    workdir.mkdir()
    try:
        if views is not None:
            parts = resolve(composed, workdir, no_progress)
        else:
            found = {c.component: source.at_hand(c) for source, c in composed.parts(workdir)}
            parts = with_brought(found)
        blueprint = draw(composed.recipe, parts)
    except SourceError as error:
        if views is not None:
            raise
        return skipped("source", f"the source cannot be had: {error.message}")
    return Origin(parts, blueprint.bytes, blueprint.config if blueprint.rewritten else None)
