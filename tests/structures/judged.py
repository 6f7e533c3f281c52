"""Package a structure by the runner, and hold its answers to those of transformers itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mlflow.transformers
import numpy as np
import torch
import transformers
import yaml
from mlflow.models import Model
from PIL import Image
from transformers import set_seed

from runner import compose
from runner.errors import RunnerError
from runner.evaluation.own_example import example_for
from runner.evaluation.samples import sample_file
from runner.evaluation.source import LOADERS
from runner.records import Verdict
from runner.tasks import Column, get_task
from runner.work.run import run
from tests.structures.structure import SHORT, Made, Structure

EQUAL, REFUSED = "equal", "refused (3)"
_ASKED: Mapping[str, Mapping[str, Any]] = {
    "image-to-text": {"max_new_tokens": 4},
    "visual-question-answering": {},
}
_WAVE = np.sin(np.arange(16_000, dtype=np.float32) / 6)


def judge(structure: Structure, folder: Path, *, served: bool = False) -> tuple[str, str]:
    """Package a structure and ask it.

    Args:
        structure: The structure.
        folder: An empty folder.
        served: Whether it is asked over HTTP too, by MLflow's scoring server.

    Returns:
        ``equal``, or ``refused`` with the exit code, and the reason.
    """
    made = structure.make(folder / "made")
    with torch.compiler.set_stance("force_eager"):  # layers of BitNet compile themselves: 40 s
        return _judged(structure, made, folder, ["server"] if served else [])


def _judged(
    structure: Structure, made: Made, folder: Path, views: Sequence[str]
) -> tuple[str, str]:
    recipe = _recipe(structure, made, ["source", "native", "pyfunc", *views])
    (folder / "case.yaml").write_text(yaml.safe_dump(recipe))
    try:
        composed = compose(folder / "case.yaml", "tracking.uri=null")
        record = run(composed, folder / "out", "default")
    except RunnerError as error:
        return f"refused ({error.exit:d})", error.message
    failed = [f"{check.view} {check.name}: {check.message}" for check in record.failed_checks]
    assert record.verdict is Verdict.PASSED, failed
    outputs = {view.view: view.outputs for view in record.views}
    if "server" in views:
        assert _same(outputs["server"], outputs["pyfunc"]), outputs
    theirs = _answers(structure, _source(structure, made), folder)
    ours = _answers(structure, _saved(structure, folder / "out" / "model"), folder)
    assert _same(ours, theirs), f"{ours} is not {theirs}"
    return EQUAL, "; ".join(record.notes)


def _arguments(structure: Structure) -> Mapping[str, Any]:
    usual = SHORT if get_task(structure.task).generates else {}
    return _ASKED.get(structure.task, usual)


def _recipe(structure: Structure, made: Made, views: Sequence[str]) -> dict[str, Any]:
    task = get_task(structure.task)
    generates = {"model_config": dict(_arguments(structure))} if task.generates else {}
    source = {"kind": "local", "path": str(made.folder)}
    proof = {"evaluation": {"views": [*views]}}
    return {"task": structure.task, "source": source, **generates, **proof, **made.recipe}


def _source(structure: Structure, made: Made) -> Any:
    """Let transformers put the pipeline together, straight from the folder."""
    task, folder = get_task(structure.task), str(made.native_folder or made.folder)
    build: Any = transformers.pipeline
    if made.native is None:
        parts = dict.fromkeys(task.components, folder)
        parts.pop("processor", None)
        return build(task.pipeline_task, model=folder, dtype="auto", device="cpu", **parts)
    loaded = {
        name: getattr(transformers, LOADERS[name]).from_pretrained(made.parts or folder)
        for name in task.components
    }
    return build(task.pipeline_task, model=made.native(), **loaded, **_placed(structure))


def _placed(structure: Structure) -> dict[str, Any]:
    """Say where a pipeline goes; one whose weights are quantised stays where they were loaded."""
    return {} if structure.quantisation else {"device": "cpu"}


def _saved(structure: Structure, model: Path) -> Any:
    """Let plain MLflow load the model; one with a processor in parts, as it wants it."""
    if "processor_type" not in Model.load(str(model)).flavors["transformers"]:
        return mlflow.transformers.load_model(str(model), **_placed(structure))
    parts: Any = mlflow.transformers.load_model(str(model), return_type="components")
    build: Any = transformers.pipeline
    return build(**{**parts, "task": get_task(structure.task).pipeline_task, "device": "cpu"})


def _answers(structure: Structure, pipeline: Any, folder: Path) -> list[Any]:
    task = get_task(structure.task)
    arguments = _arguments(structure)
    answers: list[Any] = []
    for row in _rows(structure, folder, pipeline):
        set_seed(0)
        given, named = task.call(row)
        with torch.inference_mode():
            answers.append(pipeline(*given, **named, **arguments))
    return answers


def _rows(structure: Structure, folder: Path, pipeline: Any) -> list[Any]:
    """Give inputs: the task's example, with files that are there, and a second text beside it."""
    task = get_task(structure.task)
    held = {name: getattr(pipeline, name, None) for name in ("tokenizer", "processor")}
    example = example_for(task, held, pipeline.model.config)
    for column in task.inputs:
        if not isinstance(column, Column) or not column.media:
            continue
        file: Any = _WAVE if column.media == "audio" else str(sample_file(folder, column.media))
        return [{**example, column.name: file} if isinstance(example, dict) else file]
    if not isinstance(example, str) or structure.task in ("fill-mask", "text-to-audio"):
        return [example]
    return [example, "My dog loves to eat spaghetti, and sleeps."]


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, Mapping):
        return ours.keys() == theirs.keys() and all(_same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list | tuple):
        pairs = zip(ours, theirs, strict=True)
        return len(ours) == len(theirs) and all(_same(one, other) for one, other in pairs)
    if isinstance(theirs, str | bool | None):
        return ours == theirs
    if isinstance(theirs, Image.Image | np.ndarray | torch.Tensor | float | int | np.generic):
        return bool(np.allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-5, atol=1e-6))
    raise AssertionError(f"what is a {type(theirs)}?")
