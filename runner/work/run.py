"""The whole program on a page: resolve, load, sign, save, prove, evaluate, report, log."""

from pathlib import Path

import yaml

from runner import tracking
from runner.disk import failing_as_storage, write_whole
from runner.evaluation.golden import golden_of
from runner.evaluation.inputs import read_inputs
from runner.evaluation.proof import prove
from runner.evaluation.source import Origin
from runner.packaging.checksums import checksums_of
from runner.packaging.load import load
from runner.packaging.save import save
from runner.packaging.sign import infer, sign
from runner.recipe.composing.composed import Composed
from runner.records import Observer, RunRecord, Silent
from runner.report.report import write_report
from runner.secrets import masked
from runner.work import journal as entries
from runner.work.journal import Entry, Journal, keeping
from runner.work.on_data import evaluate_on_data
from runner.work.ready import insist_on_ready
from runner.work.resolve import resolve
from runner.work.workplace import working_in


def run(
    composed: Composed,
    folder: Path,
    point: str,
    observer: Observer | None = None,
    *,
    wait: bool = False,
    update_golden: bool = False,
) -> RunRecord:
    """Run one point of a recipe.

    Args:
        composed: The composed recipe.
        folder: Folder of the point: gets ``model/``, ``record.json``, ``recipe.yaml``, the report.
        point: Name of the point.
        observer: Told of the run as it goes.
        wait: Wait for another run that works in the folder, instead of being refused.
        update_golden: Take what the model answers for golden.

    Returns:
        The record, as written.

    Raises:
        RunnerError: A step failed. The record written says which, and what was done is kept.
    """
    folder = folder.absolute()
    record = entries.begun(composed, point)
    observer = observer or Silent()
    with (
        failing_as_storage(folder),
        working_in(folder, observer, wait=wait) as workdir,
        keeping(record, folder, observer) as journal,
        failing_as_storage(folder),
    ):
        _write_recipe(folder, composed)
        _steps(composed, folder, workdir, journal, update_golden=update_golden)
    return record


def _steps(
    composed: Composed, folder: Path, workdir: Path, journal: Journal, *, update_golden: bool
) -> None:
    recipe, record, progress = composed.recipe, journal.record, journal.observer.progress
    insist_on_ready(composed)
    checkpoints = journal.step(
        "resolve",
        lambda: resolve(composed, workdir, progress),
        lambda found: entries.of_sources(found, trusted=recipe.trust_remote_code),
    )
    parts = journal.step("load", lambda: load(recipe, checkpoints), entries.of_blueprint)
    rate = getattr(parts.components.get("feature_extractor"), "sampling_rate", 0)
    inputs = read_inputs(composed, workdir, rate, parts.components.get("tokenizer"))
    example = inputs.example_of(recipe)
    signature = journal.step(
        "sign",
        lambda: infer(recipe, parts, example) if recipe.signature == "infer" else sign(recipe),
        lambda signed: Entry(fields={"signature": signed.to_dict()}),
    )
    metadata = {"recipe": record.recipe, "recipe_digest": record.digest}
    saved = journal.step(
        "save",
        lambda: save(composed, parts, signature, folder / "model", metadata, example, progress),
        entries.of_saved,
    )
    journal.step("checksum", lambda: checksums_of(saved.path), entries.of_checksums)
    origin = Origin(checkpoints, parts.bytes, parts.config if parts.rewritten else None)
    device, golden = composed.settings.device, golden_of(composed, update=update_golden)
    if recipe.views:
        journal.step(
            "prove",
            lambda: prove(recipe, inputs.proof, saved.path, device, origin, golden),
            entries.of_proof,
        )
    if recipe.evaluation.dataset:
        journal.step(
            "evaluate",
            lambda: evaluate_on_data(composed, saved.path, folder, progress),
            lambda found: entries.of_evaluation(found, record.verdict),
        )
    journal.step("report", lambda: write_report(record, recipe, folder), entries.of_report)
    if uri := composed.settings.tracking.uri:
        journal.step(
            "log",
            lambda: tracking.log(record, recipe, composed.values, uri, composed.within),
            entries.of_tracking,
        )


def _write_recipe(folder: Path, composed: Composed) -> None:
    text = yaml.safe_dump(composed.values, sort_keys=False, allow_unicode=True)
    write_whole(folder / "recipe.yaml", masked(text))
