"""Files of the recipe's own repository as a lock has them: shipped ones, and labelled rows."""

from collections.abc import Mapping
from pathlib import Path

from runner.locks.lock import LockedFile, LockedPart
from runner.recipe.composing.beside import card_of, code_of, own_metrics_of
from runner.recipe.composing.composed import Composed
from runner.recipe.labelled import fetched_of
from runner.sources.checkpoint.files import sha256_of

_KIND = "repository"
DATASET = "dataset"
"""The part that a model is measured on; it is not made of it."""
METRICS = "metrics"
"""The part that it is measured by: code that runs with leave only."""


def parts_beside(composed: Composed) -> dict[str, LockedPart]:
    """Give the code and the model card that a recipe ships, and its dataset, as parts of its lock.

    Args:
        composed: The composed recipe.
    """
    recipe = composed.recipe
    code = list(code_of(recipe, composed.folder_of))
    card = card_of(recipe, composed.folder_of)
    parts: dict[str, LockedPart] = {}
    if code:
        files = {name: file for one in code for name, file in one.files.items()}
        parts["code"] = _part(", ".join(one.written for one in code), files)
    if card:
        parts["model_card"] = _part(card.written, card.files)
    if own := {str(one.written): one.path for _, one in own_metrics_of(recipe, composed.folder_of)}:
        parts[METRICS] = _part(", ".join(own), own)
    if (data := fetched_of(composed)) and data.files:  # rows of the recipe itself are in its digest
        parts[DATASET] = _part(data.block.name, data.files)
    return parts


def _part(name: str, files: Mapping[str, Path]) -> LockedPart:
    locked = {
        path: LockedFile(sha256=sha256_of(file), size=file.stat().st_size)
        for path, file in files.items()
    }
    return LockedPart(kind=_KIND, name=name, files=locked)
