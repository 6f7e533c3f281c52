"""Package: resolve, load, sign, save, checksum. What comes of it is proven next."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from runner.evaluation.inputs import read_inputs
from runner.evaluation.own_example import example_for
from runner.evaluation.source import Origin
from runner.packaging.checksums import checksums_of
from runner.packaging.described import WEIGHTS
from runner.packaging.gguf_file import parsed_once
from runner.packaging.load import load
from runner.packaging.save import Saved, save
from runner.packaging.sign import infer, sign
from runner.recipe.composing.composed import Composed
from runner.store.weights import Weights, weights_for
from runner.work import entries
from runner.work.journal import Entry, Journal
from runner.work.kept import MODEL
from runner.work.resolve import resolve


@dataclass(frozen=True)
class Packaged:
    """A saved model, and what its proof needs to know.

    Args:
        path: The model folder.
        inputs: The inputs of the proof.
        origin: Where it came from.
    """

    path: Path
    inputs: list[Any]
    origin: Origin


def package(composed: Composed, folder: Path, workdir: Path, journal: Journal) -> Packaged:
    """Package a recipe.

    Args:
        composed: The composed recipe.
        folder: Folder of the point, which gets ``model/``.
        workdir: An empty folder of this run.
        journal: The journal of the run.

    Raises:
        RunnerError: A step failed.
    """
    with parsed_once(composed.recipe.source.gguf):
        return _package(composed, folder, workdir, journal)


def _package(composed: Composed, folder: Path, workdir: Path, journal: Journal) -> Packaged:
    recipe, record, progress = composed.recipe, journal.record, journal.observer.progress
    checkpoints = journal.step(
        "resolve",
        lambda: resolve(composed, workdir, progress),
        lambda found: entries.of_sources(found, trusted=recipe.trust_remote_code),
    )
    parts = journal.step("load", lambda: load(recipe, checkpoints), entries.of_blueprint)
    rate = getattr(parts.components.get("feature_extractor"), "sampling_rate", 0)
    own = partial(example_for, recipe.contract, parts.components, parts.config)
    inputs = read_inputs(composed, workdir, rate, own)
    example = inputs.example_of(recipe)
    signature = journal.step(
        "sign",
        lambda: infer(recipe, parts, example) if recipe.signature == "infer" else sign(recipe),
        lambda signed: Entry(fields={"signature": signed.to_dict(), "inputs": inputs.written}),
    )
    weights = weights_for(composed, parts, folder, workdir)
    metadata = {"recipe": record.recipe, "recipe_digest": record.digest}
    saved = journal.step(
        "save",
        lambda: save(
            composed, parts, signature, folder / MODEL, metadata, example, progress, weights.put
        ),
        lambda saved: entries.of_saved(saved, weights.key),
        entries.saved_before,
    )
    journal.step(
        "checksum",
        lambda: _checksums(saved, weights),
        entries.of_checksums,
        (lambda before: before.checksums) if record.checksums else None,
        kept_with="save",
    )
    origin = Origin(checkpoints, parts.bytes, parts.config if parts.rewritten else None)
    return Packaged(saved.path, inputs.proof, origin)


def _checksums(saved: Saved, weights: Weights) -> dict[str, str]:
    """Hash the files of the model; those of its weights are known to all that share them."""
    found = checksums_of(saved.path, saved.hashes)
    weights.note_hashes({path.removeprefix(f"{WEIGHTS}/"): one for path, one in found.items()})
    return found
