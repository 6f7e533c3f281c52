"""Plan a run: what it would fetch, make and need, without doing it and without weights."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from runner.packaging.blueprint import Blueprint, sketch, with_components
from runner.packaging.requirements import requirements
from runner.recipe.composing.composed import Composed
from runner.recipe.language.digest import digest
from runner.records import RECORD_FILE, read_record
from runner.sources import Survey
from runner.sources.base import Progress, no_progress
from runner.work.lock import signature_of


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedFile(_Part):
    """A file that the run needs.

    Args:
        name: Path in the checkpoint.
        size: Bytes.
        here: Whether it is on this machine.
    """

    name: str
    size: int
    here: bool


class PlannedSource(_Part):
    """Where a part will come from.

    Args:
        kind: Kind of source.
        name: The source as people name it.
        commit: Commit hash, for sources that have one.
        license: Licence identifier, where declared.
        files: What the run needs of it.
        fetch: Bytes that the run would fetch.
        cached: Bytes that are on this machine.
    """

    kind: str
    name: str
    commit: str
    license: str
    files: list[PlannedFile]
    fetch: int
    cached: int


class PlannedModel(_Part):
    """What the model will be.

    Args:
        class_name: Its class in transformers.
        dtype: dtype of the weights as written.
        parameters: Number of its parameters.
        bytes: Size of the weights in that dtype.
        memory: Size of the model in memory in bytes, by dtype.
        known_from: ``safetensors headers`` or ``configuration``.
    """

    class_name: str = Field(serialization_alias="class")
    dtype: str
    parameters: int
    bytes: int
    memory: dict[str, int]
    known_from: str


class Disk(_Part):
    """Room on a disk.

    Args:
        folder: The nearest folder there is.
        needed: Bytes that the run would write at most, where weights cannot be shared.
        free: Bytes that are free.
    """

    folder: str
    needed: int
    free: int


class Output(_Part):
    """Where the run would leave what it makes.

    Args:
        folder: Folder of the point.
        model: Its model folder.
        exists: Whether there is a model already; the run would replace it.
        same: Whether the newest run there was of this very recipe.
        verdict: What that run said of it.
    """

    folder: str
    model: str
    exists: bool
    same: bool
    verdict: str


class Plan(_Part):
    """What a run would do.

    Args:
        recipe: Recipe name.
        point: Name of the point.
        task: The task.
        digest: SHA-256 of the validated recipe.
        sources: Where each part will come from.
        fetch: Bytes that the run would fetch, of all sources.
        model: What the model will be; nothing where a GGUF file of a hub has to say it.
        signature: ``inputs``, ``outputs`` and ``params``; nothing where only the run can infer it.
        params: Default of each param that callers may give.
        flavors: The flavors of the MLflow model.
        requirements: Its requirement lines; nothing where the model is unknown.
        disks: Room for the download and for the model.
        output: Where it goes.
    """

    recipe: str
    point: str
    task: str
    digest: str
    sources: dict[str, PlannedSource]
    fetch: int
    model: PlannedModel | None
    signature: dict[str, list[Any]] | None
    params: dict[str, Any]
    flavors: list[str]
    requirements: list[str] | None
    disks: dict[str, Disk]
    output: Output


def plan(composed: Composed, folder: Path, point: str, progress: Progress = no_progress) -> Plan:
    """Say what the run of one point would do.

    Args:
        composed: The composed recipe.
        folder: Folder of the point.
        point: Name of the point.
        progress: Told of what is fetched for it: configuration, tokenizer and the like.

    Returns:
        The plan.

    Raises:
        SourceError: A source cannot be had, or its configuration does not fit the recipe.
    """
    recipe = composed.recipe
    with tempfile.TemporaryDirectory() as workdir:
        surveys = {
            context.component: source.survey(context)
            for source, context in composed.parts(Path(workdir), progress)
        }
        checkpoints = {name: survey.checkpoint for name, survey in surveys.items()}
        if found := sketch(recipe, checkpoints):
            found = with_components(found, recipe, checkpoints)
        lines = requirements(found, recipe.requirements.extra) if found else None
    sources = {name: _source(survey) for name, survey in surveys.items()}
    signature = signature_of(composed)
    able = (("transformers", recipe.has_native), ("python_function", recipe.has_pyfunc))
    return Plan(
        recipe=composed.name,
        point=point,
        task=recipe.task,
        digest=digest(recipe),
        sources=sources,
        fetch=sum(source.fetch for source in sources.values()),
        model=_model(found),
        signature=signature,
        params={name: param.default for name, param in recipe.params.items()},
        flavors=[flavor for flavor, has in able if has],
        requirements=lines,
        disks=_disks(composed, folder, surveys, sources, found),
        output=_output(folder, digest(recipe)),
    )


def _source(survey: Survey) -> PlannedSource:
    checkpoint = survey.checkpoint
    return PlannedSource(
        kind=checkpoint.kind,
        name=checkpoint.name,
        commit=checkpoint.commit,
        license=checkpoint.license,
        files=[PlannedFile(name=f.name, size=f.size, here=f.here) for f in survey.files],
        fetch=sum(file.size for file in survey.files if not file.here),
        cached=sum(file.size for file in survey.files if file.here),
    )


def _model(found: Blueprint | None) -> PlannedModel | None:
    if found is None:
        return None
    return PlannedModel(
        class_name=found.class_name,
        dtype=found.dtype_name,
        parameters=found.parameters,
        bytes=found.bytes,
        memory=found.memory,
        known_from="safetensors headers" if found.tensors else "configuration",
    )


def _disks(
    composed: Composed,
    folder: Path,
    surveys: Mapping[str, Survey],
    sources: Mapping[str, PlannedSource],
    found: Blueprint | None,
) -> dict[str, Disk]:
    """Give the room at the model's folder, and at the cache where something is to be fetched."""
    stored = found.bytes if found and composed.recipe.save_pretrained else 0
    disks = {"model": _disk(folder, stored)}
    fetched = [name for name, source in sources.items() if source.fetch]
    if fetched:
        cache = surveys[fetched[0]].checkpoint.folder
        disks["download"] = _disk(cache, sum(sources[name].fetch for name in fetched))
    return disks


def _disk(folder: Path, needed: int) -> Disk:
    path = folder.absolute()
    there = next(parent for parent in (path, *path.parents) if parent.is_dir())
    return Disk(folder=str(there), needed=needed, free=shutil.disk_usage(there).free)


def _output(folder: Path, wanted: str) -> Output:
    earlier = read_record(folder / RECORD_FILE)
    return Output(
        folder=str(folder),
        model=str(folder / "model"),
        exists=(folder / "model").is_dir(),
        same=earlier is not None and earlier.digest == wanted,
        verdict=earlier.verdict.value if earlier else "",
    )
