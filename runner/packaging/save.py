"""Save: MLflow writes the model around the weights, out of sight; then it appears whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.models import ModelSignature

from runner.packaging.adapter import write_adapter
from runner.packaging.blueprint import Blueprint
from runner.packaging.card import card_of, write_license
from runner.packaging.conda import write_conda
from runner.packaging.described import WEIGHTS
from runner.packaging.flavors import About, write_flavors
from runner.packaging.inference_code import ship
from runner.packaging.named import named_model
from runner.packaging.requirements import requirements
from runner.packaging.sentences import write_sentences
from runner.packaging.storage import appearing, need_room
from runner.packaging.template import prompt_template_of
from runner.packaging.weights import WeightsReport, write_weights
from runner.recipe.composing.beside import card_of as file_of_card
from runner.recipe.composing.beside import code_of
from runner.recipe.composing.composed import Composed
from runner.recipe.language.sizes import parse_size
from runner.sources.base import Progress, no_progress


@dataclass(frozen=True)
class Saved:
    """A saved model.

    Args:
        path: The model folder.
        bytes: Its size.
        written: Bytes that were written for it: not those of weights that were there already.
        how: How the weights were written.
        requirements: The requirement lines stored in it.
        hashes: SHA-256 of files of which it is known, by path.
    """

    path: Path
    bytes: int
    written: int
    how: str
    requirements: list[str]
    hashes: Mapping[str, str]


Place = Callable[[Callable[[Path], WeightsReport], Path], WeightsReport]
"""Puts weights into a folder, with what writes them where they are not somewhere already."""


def _write_anew(write: Callable[[Path], WeightsReport], folder: Path) -> WeightsReport:
    return write(folder)


def save(
    composed: Composed,
    parts: Blueprint,
    signature: ModelSignature,
    path: Path,
    metadata: Mapping[str, Any],
    example: Any = None,
    progress: Progress = no_progress,
    place: Place = _write_anew,
) -> Saved:
    """Save a model in MLflow's ``transformers`` and ``python_function`` flavors.

    Args:
        composed: The composed recipe.
        parts: Its parts.
        signature: Its signature.
        path: The model folder; appears by one rename, and replaces one that is there.
        metadata: Entries for the model's metadata.
        example: Input example to store, as callers of the pyfunc give it.
        progress: Told of the bytes written.
        place: Puts the weights in place.

    Returns:
        What was saved.

    Raises:
        SourceError: MLflow or transformers cannot make a pipeline of the parts.
        StorageError: The disk would not take it; nothing is left behind.

    Source: ``mlflow.transformers.save_model``, which writes everything but the weights.
    """
    recipe = composed.recipe
    path.parent.mkdir(parents=True, exist_ok=True)
    file = file_of_card(recipe, composed.folder_of)
    about = About(
        recipe=recipe,
        parts=parts,
        signature=signature,
        example=example,
        requirements=requirements(parts, recipe),
        metadata={**recipe.metadata, **metadata, **_facts(parts)},
        prompt_template=prompt_template_of(recipe, parts),
        card=card_of(recipe.model_card, file.path if file else None, parts.checkpoint),
        code=[str(one.path) for one in code_of(recipe, composed.folder_of)],
    )
    with appearing(path) as staged:
        report = _save_into(staged, about, progress, place)
    size = _size(path)
    written = size - report.bytes if report.kept else size
    hashes = {f"{WEIGHTS}/{name}": sha256 for name, sha256 in report.hashes.items()}
    return Saved(path, size, written, report.how, about.requirements, hashes)


def _facts(parts: Blueprint) -> dict[str, str]:
    """Give what a model keeps of its weights: how they are quantised, of which commit they are."""
    quantised = {"quantised": parts.quantised.name} if parts.quantised else {}
    commit = {"source_commit": parts.checkpoint.commit} if parts.checkpoint.commit else {}
    return {**quantised, **commit}


def _save_into(staged: Path, about: About, progress: Progress, place: Place) -> WeightsReport:
    model = named_model(about.metadata, about.parts.checkpoint.commit)
    reports: list[WeightsReport] = []

    def make(folder: Path) -> WeightsReport:
        need_room(folder.parent, about.parts.bytes)
        limit = parse_size(about.recipe.max_shard_size or "")
        return write_weights(about.parts, folder, progress, limit)

    def write(folder: Path) -> None:
        stored = about.recipe.save_pretrained
        reports.append(place(make, folder) if stored else WeightsReport("referenced", 0))

    write_flavors(about, model, staged, write)
    model.signature = about.signature
    if adapter := about.parts.adapter:
        checkpoint = about.parts.checkpoint
        named = checkpoint.told if about.recipe.save_pretrained else str(checkpoint.folder)
        write_adapter(adapter, staged, checkpoint.repo or named)
    if sentences := about.parts.sentences:
        write_sentences(sentences, staged)
    if about.recipe.has_pyfunc and about.recipe.pyfunc == "extended":
        name = about.recipe.tracking.register_as or about.metadata["recipe"]
        ship(model, about.parts, staged, about.recipe, name)
    write_conda(staged, about.recipe.requirements)
    write_license(about.parts.checkpoint, about.card, staged)
    description = staged / "MLmodel"
    description.unlink()  # MLflow's own has the path of the source, and its size that of the path
    model.model_size_bytes = _size(staged)
    model.save(str(description))
    return reports[0]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
