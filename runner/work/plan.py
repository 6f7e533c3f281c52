"""Plan a run: what it would fetch, make and need, without doing it and without weights."""

from collections.abc import Mapping
from pathlib import Path

from runner.evaluation.environments import announced
from runner.files.temporary import temporary_folder
from runner.packaging.blueprint import Blueprint, sketch, with_components
from runner.packaging.requirements import requirements
from runner.packaging.sign import signature_of
from runner.recipe.composing.composed import Composed
from runner.records import RECORD_FILE, read_record
from runner.sources import Survey
from runner.sources.base import Progress, no_progress
from runner.work.on_data import plan_data
from runner.work.planned import Disk, Output, Plan, PlannedFile, PlannedModel, PlannedSource
from runner.work.resolve import survey


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
        DataError: A row of the dataset cannot be read.
    """
    recipe = composed.recipe
    with temporary_folder("plan") as workdir:
        surveys = survey(composed, Path(workdir), progress)
        checkpoints = {name: found.checkpoint for name, found in surveys.items()}
        if model := sketch(recipe, checkpoints):
            model = with_components(model, recipe, checkpoints)
        lines = requirements(model, recipe) if model else None
    sources = {name: _source(found) for name, found in surveys.items()}
    return Plan(
        recipe=composed.name,
        point=point,
        task=recipe.task,
        digest=composed.digest,
        sources=sources,
        fetch=sum(source.fetch for source in sources.values()),
        model=_model(model),
        signature=signature_of(recipe),
        params={name: param.default for name, param in recipe.params.items()},
        flavors=recipe.flavors,
        requirements=lines,
        data=plan_data(composed, folder),
        notes=[*(model.notes if model else []), *announced(recipe.views)],
        disks=_disks(composed, folder, surveys, sources, model),
        output=_output(folder, composed.digest),
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
        quantised=found.quantised.name if found.quantised else "",
        needs=found.quantised.needs if found.quantised else "",
        vectors=str(found.sentences or ""),
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
    disks = {"model": Disk.at(folder, stored)}
    fetched = [name for name, source in sources.items() if source.fetch]
    if fetched:
        cache = surveys[fetched[0]].checkpoint.folder
        disks["download"] = Disk.at(cache, sum(sources[name].fetch for name in fetched))
    return disks


def _output(folder: Path, wanted: str) -> Output:
    earlier = read_record(folder / RECORD_FILE)
    return Output(
        folder=str(folder),
        model=str(folder / "model"),
        exists=(folder / "model").is_dir(),
        same=earlier is not None and earlier.digest == wanted,
        verdict=earlier.verdict.value if earlier else "",
    )
