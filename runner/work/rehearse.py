"""Rehearse a run: the whole of it, on a small random twin of the model, without its weights."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runner.files.temporary import temporary_folder
from runner.recipe.composing.composed import Composed
from runner.recipe.language.models import Recipe
from runner.records import Observer, Silent
from runner.sources.local import LocalSource
from runner.text.wording import counted
from runner.twins.adapter import make_adapter_twin
from runner.twins.checkpoint import Twin, make_twin
from runner.work.rehearsal import Rehearsal, surveyed
from runner.work.resolve import survey
from runner.work.run import run

FOLDER = "rehearsal"
"""What a rehearsal leaves, in the folder of the point."""
_MOST_INPUTS = 8
_NO_DATA = {"dataset": None, "metrics": [], "slices": [], "gates": {}}


def rehearse(
    composed: Composed,
    folder: Path,
    point: str,
    observer: Observer | None = None,
    *,
    wait: bool = False,
) -> Rehearsal:
    """Rehearse the run of one point.

    Args:
        composed: The composed recipe.
        folder: Folder of the point: gets ``rehearsal/`` with what a run leaves.
        point: Name of the point.
        observer: Told of the run as it goes.
        wait: Wait for another rehearsal that works in the folder, instead of being refused.

    Returns:
        What was found. The twin's model was loaded natively and as pyfunc, and served.

    Raises:
        RunnerError: A source cannot be had, or a step failed: so it would have in the run.
    """
    observer = observer or Silent()
    with temporary_folder("rehearse") as name:
        workdir = Path(name)
        surveys = survey(composed, workdir, observer.progress, weights=False)
        checkpoints = {name: found.checkpoint for name, found in surveys.items()}
        twin = make_twin(composed.recipe, checkpoints, workdir / "twin")
        sources = {"source": LocalSource.of(twin.folder)}
        if "adapter" in checkpoints:
            make_adapter_twin(checkpoints["adapter"], twin.model, workdir / "adapter")
            sources["adapter"] = LocalSource.of(workdir / "adapter")
        twins = _of_twins(composed, sources)
        record = run(twins, folder / FOLDER, point, observer, wait=wait)
        record.sources = surveyed(checkpoints)
        record.write(folder / FOLDER)
    return Rehearsal(
        recipe=composed.name,
        point=point,
        model=twin.of.class_name,
        parameters=twin.of.parameters,
        twin_parameters=twin.model.num_parameters(),
        shrunk=twin.how,
        not_rehearsed=_not_rehearsed(composed.recipe, twin),
        record=record,
    )


def _of_twins(composed: Composed, sources: Mapping[str, LocalSource]) -> Composed:
    """Give the recipe with twins as its sources, and of its proof what random weights can pass."""
    recipe, settings = composed.recipe, composed.settings
    evaluation = recipe.evaluation
    usual = recipe.model_copy(update={"evaluation": evaluation.model_copy(update={"views": None})})
    views = [*(recipe.views or usual.views), *(["server"] if recipe.has_pyfunc else [])]
    if not evaluation.views or "source" in evaluation.views:
        views = ["source", *views]
    shorter = {
        "inputs": evaluation.inputs[:_MOST_INPUTS],
        "expect": [],
        "golden": False,
        "views": list(dict.fromkeys(views)),
        **_NO_DATA,
    }
    changed = {
        **sources,
        "save_pretrained": True,
        "allow_pickle": False,
        "evaluation": evaluation.model_copy(update=shorter),
    }
    untracked = settings.tracking.model_copy(update={"uri": None})
    return replace(
        composed,
        recipe=recipe.model_copy(update=changed),
        settings=settings.model_copy(update={"tracking": untracked}),
        pins={k: v for k, v in composed.pins.items() if k not in ("model", "adapter")},
    )


def _not_rehearsed(recipe: Recipe, twin: Twin) -> list[str]:
    expectations, inputs = recipe.evaluation.expect, recipe.evaluation.inputs
    expected = counted(len(expectations), "expectation")
    said = [
        (bool(expectations), f"{expected}: random weights meet none"),
        (recipe.evaluation.golden, "the golden answers: random weights give others"),
        (len(inputs) > _MOST_INPUTS, f"all {len(inputs)} inputs: {_MOST_INPUTS} were run"),
        (recipe.evaluation.dataset is not None, "the dataset: random weights are no good on it"),
        (not recipe.save_pretrained, "the reference: the twin was stored with its weights"),
        (twin.of.stays_quantised, "the quantised weights: the twin's are not quantised"),
        *((True, f"the {name}: it is not in the cache, and was made up") for name in twin.made),
    ]
    return [text for holds, text in said if holds]
