"""The whole program on a page: resolve, load, sign, save, prove, evaluate, report, log.

What an earlier run of the point left, and what others made of the same weights, is not made again.
"""

from pathlib import Path

import yaml

from runner.evaluation.golden import golden_of
from runner.evaluation.proof import prove
from runner.files.disk import failing_as_storage, write_whole
from runner.recipe.composing.composed import Composed
from runner.records import Observer, RunRecord, Silent
from runner.report.report import write_report
from runner.text.secrets import masked
from runner.tracking import runs
from runner.tracking.attempts import forget
from runner.work import entries
from runner.work.attest import attest
from runner.work.journal import Journal, keeping
from runner.work.kept import kept_of
from runner.work.on_data import evaluate_on_data
from runner.work.package import Packaged, package
from runner.work.ready import insist_on_ready
from runner.work.workplace import working_in


def run(
    composed: Composed,
    folder: Path,
    point: str,
    observer: Observer | None = None,
    *,
    wait: bool = False,
    update_golden: bool = False,
    rerun: bool = False,
) -> RunRecord:
    """Run one point of a recipe.

    Args:
        composed: The composed recipe.
        folder: Folder of the point: gets ``model/``, ``record.json``, ``recipe.yaml``, the report.
        point: Name of the point.
        observer: Told of the run as it goes.
        wait: Wait for another run that works in the folder, instead of being refused.
        update_golden: Take what the model answers for golden.
        rerun: Do every step, whatever an earlier run left in the folder.

    Returns:
        The record, as written; that of an earlier run where nothing is left to be done.

    Raises:
        RunnerError: A step failed. The record written says which, and what was done is kept.
    """
    folder = folder.absolute()
    record, observer = entries.begun(composed, point), observer or Silent()
    with (
        failing_as_storage(folder),
        working_in(folder, observer, wait=wait, on=record.digest) as workdir,
    ):
        kept = kept_of(composed, folder, anew=rerun or update_golden)
        if kept.record and kept.everything:
            return kept.record
        with keeping(record, kept, observer) as journal, failing_as_storage(folder):
            _write_recipe(folder, composed)
            rows = insist_on_ready(composed)
            packaged = package(composed, folder, workdir, journal)
            _judge(composed, packaged, folder, journal, rows, update_golden=update_golden)
            _tell(composed, folder, journal)
        if uri := composed.settings.tracking.uri:
            forget(folder, uri)
    return record


def _judge(
    composed: Composed,
    model: Packaged,
    folder: Path,
    journal: Journal,
    rows: int,
    *,
    update_golden: bool,
) -> None:
    recipe, record, device = composed.recipe, journal.record, composed.settings.device
    golden = golden_of(composed, update=update_golden)
    if recipe.views:
        journal.step(
            "prove",
            lambda: prove(recipe, model.inputs, model.path, device, model.origin, golden),
            entries.of_proof,
            entries.proven_before,
        )
    if recipe.evaluation.dataset:
        journal.step(
            "evaluate",
            lambda: evaluate_on_data(composed, rows, model.path, folder, journal.observer.progress),
            lambda found: entries.of_evaluation(found, record.verdict),
        )


def _tell(composed: Composed, folder: Path, journal: Journal) -> None:
    recipe, record = composed.recipe, journal.record
    journal.step("report", lambda: write_report(record, recipe, folder), entries.of_report)
    attest(composed, folder, journal)
    journal = journal.to_be_logged()
    key = journal.kept.keys["log"]
    if uri := composed.settings.tracking.uri:
        journal.step(
            "log",
            lambda: runs.log(record, recipe, composed.values, uri, composed.within, key),
            entries.of_tracking,
            entries.tracked_before,
        )
    record.keys = {**journal.kept.keys}


def _write_recipe(folder: Path, composed: Composed) -> None:
    text = yaml.safe_dump(composed.values, sort_keys=False, allow_unicode=True)
    write_whole(folder / "recipe.yaml", masked(text))
