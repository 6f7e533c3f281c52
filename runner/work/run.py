"""The whole program on a page: resolve, load, sign, save, prove, log."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner import __version__, tracking
from runner.errors import RunnerError
from runner.evaluation.inputs import (
    Materialiser,
    are_the_tasks_own,
    as_callers_write,
    inputs_of,
)
from runner.evaluation.proof import prove
from runner.findings import Loc, RecipeError
from runner.packaging.blueprint import Blueprint
from runner.packaging.load import load
from runner.packaging.remote_code import code_of
from runner.packaging.requirements import versions
from runner.packaging.save import save
from runner.packaging.sign import infer, sign
from runner.packaging.storage import failing_as_storage
from runner.recipe.composing.composed import Composed, loc_of
from runner.recipe.language.digest import digest
from runner.recipe.language.models import Recipe
from runner.records import Failure, Observer, RunRecord, Silent, SourceRecord, Step, step
from runner.sources import Checkpoint
from runner.tasks.forms import rows_of

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
        task=composed.recipe.task,
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
        _note_sources(recipe, record, checkpoints, current)
    with step(record, "load", observer) as current:
        parts = load(recipe, checkpoints)
        current.detail = "headers only" if parts.weightless else "weights in memory"
        record.dtype = parts.dtype_name
        record.parameters = parts.parameters
        record.weight_bytes = parts.bytes
    inputs = _materialise(composed, workdir, parts)
    example = _example(recipe, inputs)
    with step(record, "sign", observer):
        inferred = recipe.signature == "infer"
        signature = infer(recipe, parts, example) if inferred else sign(recipe)
        record.signature = signature.to_dict()
    with step(record, "save", observer) as current:
        metadata = {"recipe": record.recipe, "recipe_digest": record.digest}
        saved = save(
            recipe, parts, signature, folder / "model", metadata, example, observer.progress
        )
        current.bytes, current.detail = saved.bytes, saved.how
        record.model, record.model_bytes = str(saved.path), saved.bytes
        record.requirements = saved.requirements
    del parts
    if recipe.views:
        with step(record, "prove", observer) as current:
            proof = prove(recipe, inputs.proof, saved.path, composed.settings.device)
            record.views, record.checks = proof.views, proof.checks
            record.metrics, record.verdict = proof.metrics, proof.verdict
            current.detail = " and ".join(recipe.views)
    if uri := composed.settings.tracking.uri:
        with step(record, "log", observer) as current:
            record.tracking = tracking.log(record, recipe, composed.values, uri)
            current.detail = f"model stored by {record.tracking.storage}"


@dataclass(frozen=True)
class _Inputs:
    """Inputs as the model takes them.

    Args:
        proof: Those of the proof.
        example: The rows of the input example; empty where the recipe has none.
        single: Whether the example is one row, not a batch.
    """

    proof: list[Any]
    example: list[Any]
    single: bool


def _materialise(composed: Composed, workdir: Path, parts: Blueprint) -> _Inputs:
    recipe = composed.recipe
    rate = getattr(parts.components.get("feature_extractor"), "sampling_rate", 0)

    def all_of(rows: list[Any], loc: Loc, *, sample: bool = False) -> list[Any]:
        def folder_of(number: int) -> Path:
            return composed.origin((*loc, number)).folder

        return Materialiser(recipe.contract, folder_of, workdir, rate, sample=sample).all(rows)

    given = recipe.input_example
    rows = [] if given is None else rows_of(recipe.contract, given)
    example = all_of(rows, ("input_example",))
    proof = example
    if recipe.evaluation.inputs or are_the_tasks_own(recipe):
        own = are_the_tasks_own(recipe)
        proof = all_of(inputs_of(recipe), ("evaluation", "inputs"), sample=own)
    return _Inputs(proof, example, single=rows == [given])


def _example(recipe: Recipe, inputs: _Inputs) -> Any:
    """Give the input example as callers of the pyfunc write it, with the params' defaults."""
    if not inputs.example:
        return None
    rows = [as_callers_write(recipe.contract, row) for row in inputs.example]
    example = rows[0] if inputs.single else rows
    params = {name: p.default for name, p in recipe.params.items() if p.default is not None}
    return (example, params) if params else example


def _resolve(composed: Composed, workdir: Path, observer: Observer) -> dict[str, Checkpoint]:
    _insist_on_licenses(composed, workdir, observer)
    return {
        context.component: source.resolve(context)
        for source, context in composed.parts(workdir, observer.progress)
    }


def _insist_on_licenses(composed: Composed, workdir: Path, observer: Observer) -> None:
    """Refuse what the policy does not allow, before any weights are fetched."""
    policy = composed.settings.policy.licenses
    if not policy.says_something:
        return
    findings = [
        finding.under(*loc_of(context.component))
        for source, context in composed.parts(workdir, observer.progress)
        for finding in policy.check(source.survey(context).checkpoint)
    ]
    if findings:
        raise RecipeError(f.at(composed.origin(f.loc).place) for f in findings)


def _note_sources(
    recipe: Recipe, record: RunRecord, checkpoints: dict[str, Checkpoint], current: Step
) -> None:
    record.sources = {
        name: SourceRecord(
            kind=c.kind,
            name=c.name,
            commit=c.commit,
            license=c.license,
            code=code_of(c.folder) if recipe.trust_remote_code else {},
        )
        for name, c in checkpoints.items()
    }
    current.bytes = sum(c.downloaded for c in checkpoints.values())
    current.detail = checkpoints["model"].name
