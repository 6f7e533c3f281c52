"""Evaluate a packaged model: the proof of a recipe, on a model that is there already."""

import json
import tempfile
from pathlib import Path
from typing import Any

from runner.errors import SourceError
from runner.evaluation.held import skipped
from runner.evaluation.inputs import read_inputs
from runner.evaluation.proof import Proof, prove
from runner.evaluation.source import Origin
from runner.packaging.blueprint import draw
from runner.recipe.composing.composed import Composed
from runner.records import CheckRecord
from runner.sources.base import no_progress
from runner.sources.mlflow.location import fetch_model, location_of
from runner.work.resolve import resolve, with_brought

_EXTRACTOR = "components/feature_extractor/preprocessor_config.json"


def evaluate(model: str, composed: Composed) -> Proof:
    """Run the proof of a recipe on a packaged model.

    Args:
        model: ``models:/name/version``, ``runs:/run/name``, an artifact URI or a model folder.
        composed: The recipe: its inputs, views and expectations; its ``device`` and
            ``tracking.uri`` settings.

    Returns:
        What was found. A model that cannot be loaded or run is a failed check, not an exception.

    Raises:
        SourceError: The model, or its source where that is asked for, cannot be had, or an input
            cannot be read.
    """
    uri = composed.settings.tracking.uri
    with tempfile.TemporaryDirectory(prefix="recipe-runner-") as name:
        workdir = Path(name)
        folder = fetch_model(location_of(model, uri), workdir, uri)
        inputs = read_inputs(composed, workdir, _sampling_rate(folder))
        origin = _origin(composed, workdir / "source")
        return prove(composed.recipe, inputs.proof, folder, composed.settings.device, origin)


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


def _sampling_rate(model: Path) -> int:
    """Give the samples a second that a model of recordings expects, in Hz; 0 for any other."""
    file = model / _EXTRACTOR
    if not file.is_file():
        return 0
    described: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return int(described.get("sampling_rate") or 0)
