"""The whole program on a page: resolve, load, sign, save, prove, log."""

import shutil
import tempfile
from pathlib import Path

import yaml

from runner import __version__, tracking
from runner.errors import RunnerError
from runner.evaluation.proof import inputs_of, prove
from runner.findings import Loc
from runner.packaging.load import load
from runner.packaging.requirements import versions
from runner.packaging.save import save
from runner.packaging.sign import sign
from runner.packaging.storage import failing_as_storage
from runner.recipe.composed import Composed
from runner.recipe.digest import digest
from runner.records import Failure, Observer, RunRecord, Silent, SourceRecord, Step, step
from runner.sources import Checkpoint, Source, SourceContext
from runner.tasks import get_task

_WORK = ".work-"


def run(
    composed: Composed, folder: Path, point: str, observer: Observer | None = None
) -> RunRecord:
    """Run one point of a recipe.

    Args:
        composed: The composed recipe.
        folder: Folder of the point: gets ``model/``, ``record.json`` and ``recipe.yaml``.
        point: Name of the point.
        observer: Told of the run as it goes.

    Returns:
        The record, as written.

    Raises:
        RunnerError: A step failed. The record written says which, and what was done is kept.
    """
    observer = observer or Silent()
    folder = folder.absolute()
    record = RunRecord(
        recipe=composed.name,
        point=point,
        overrides=list(composed.overrides),
        digest=digest(composed.recipe),
        inputs=inputs_of(composed.recipe),
        versions={"runner": __version__, **versions()},
    )
    with failing_as_storage(folder):
        workdir = _prepare(folder, composed)
        try:
            _steps(composed, folder, workdir, record, observer)
        except RunnerError as error:
            record.failure = Failure(
                step=record.steps[-1].name,
                code=error.code,
                message=error.message,
                remedy=error.remedy,
            )
            raise
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
            record.write(folder)
    return record


def _prepare(folder: Path, composed: Composed) -> Path:
    """Make the folder of the point, without what a killed run left, and a folder to work in."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"{_WORK}*"):
        shutil.rmtree(stale, ignore_errors=True)
    recipe_text = yaml.safe_dump(composed.values, sort_keys=False, allow_unicode=True)
    (folder / "recipe.yaml").write_text(recipe_text, encoding="utf-8")
    return Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))


def _steps(
    composed: Composed, folder: Path, workdir: Path, record: RunRecord, observer: Observer
) -> None:
    recipe = composed.recipe
    with step(record, "resolve", observer) as current:
        checkpoints = _resolve(composed, workdir, observer)
        _note_sources(record, checkpoints, current)
    with step(record, "load", observer) as current:
        parts = load(recipe, checkpoints)
        current.detail = "headers only" if parts.weightless else "weights in memory"
    with step(record, "sign", observer):
        signature = sign(recipe)
        record.signature = signature.to_dict()
    with step(record, "save", observer) as current:
        metadata = {"recipe": record.recipe, "recipe_digest": record.digest}
        saved = save(recipe, parts, signature, folder / "model", metadata, observer.progress)
        current.bytes, current.detail = saved.bytes, saved.how
        record.model, record.model_bytes = str(saved.path), saved.bytes
        record.requirements = saved.requirements
        record.dtype = str(parts.dtype).removeprefix("torch.")
    del parts
    if recipe.evaluation.views:
        with step(record, "prove", observer) as current:
            proof = prove(recipe, saved.path, composed.settings.device)
            record.views, record.checks = proof.views, proof.checks
            record.metrics, record.verdict = proof.metrics, proof.verdict
            current.detail = " and ".join(recipe.evaluation.views)
    if uri := composed.settings.tracking.uri:
        with step(record, "log", observer) as current:
            record.tracking = tracking.log(record, recipe, composed.values, uri)
            current.detail = f"model stored by {record.tracking.storage}"


def _resolve(composed: Composed, workdir: Path, observer: Observer) -> dict[str, Checkpoint]:
    recipe = composed.recipe
    wanted: list[tuple[str, Source, Loc]] = [("model", recipe.source, ("source",))]
    for name, source in recipe.components.given().items():
        wanted.append((name, source, ("components", name)))
    checkpoints: dict[str, Checkpoint] = {}
    for name, source, loc in wanted:
        context = SourceContext(
            folder=composed.origin((*loc, "path")).folder,
            workdir=workdir,
            task=get_task(recipe.task),
            component=name,
            progress=observer.progress,
        )
        checkpoints[name] = source.resolve(context)
    return checkpoints


def _note_sources(record: RunRecord, checkpoints: dict[str, Checkpoint], current: Step) -> None:
    record.sources = {
        name: SourceRecord(kind=c.kind, name=c.name, commit=c.commit, license=c.license)
        for name, c in checkpoints.items()
    }
    current.bytes = sum(c.downloaded for c in checkpoints.values())
    current.detail = checkpoints["model"].name
