"""What sentence-transformers' files of a checkpoint declare, carried into the saved model."""

from pathlib import Path

from runner.errors import SourceError
from runner.packaging.storage import clone_file
from runner.pyfunc.declared import Undeclared
from runner.pyfunc.sentences import FOLDER, WEIGHTS, Sentences, Step
from runner.sources import Checkpoint
from runner.sources.checkpoint.files import PICKLE
from runner.sources.checkpoint.safetensors_header import read_file
from runner.tasks import Task

_REMEDY = (
    "Package it with sentence-transformers itself; or take modules.json out of a copy of the "
    "folder, for the hidden states of the model alone."
)
_WEIGHTS_OF = {"Dense": "linear", "LayerNorm": "norm"}


def read_sentences(task: Task, checkpoint: Checkpoint, *, weights: bool) -> Sentences | None:
    """Read what a checkpoint declares of its vectors, and see that its layers fit each other.

    Args:
        task: The task; most have no use for it.
        checkpoint: The checkpoint.
        weights: Whether the weights are there; else what describes them alone is looked at.

    Returns:
        The declaration; None where there is none, or the task has no use for it.

    Raises:
        SourceError: It says something that is not known here, or a layer does not fit.
    """
    if not task.sentence_modules:
        return None
    try:
        found = Sentences.read(checkpoint.folder, task.pipeline_task)
    except Undeclared as error:
        raise SourceError(
            f"{checkpoint.name} declares for sentence-transformers how its vectors are made, and "
            f"{error}",
            _REMEDY,
        ) from error
    if found is not None:
        _insist_on_fit(found, checkpoint, weights=weights)
    return found


def write_sentences(sentences: Sentences, model_folder: Path) -> None:
    """Copy a declaration into a model, the weights of its layers included.

    Args:
        sentences: The declaration.
        model_folder: The model folder.
    """
    weights = [f"{step.path}/{WEIGHTS}" for step in sentences.steps if step.has_weights]
    for name in (*sentences.files, *weights):
        target = model_folder / FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        clone_file(sentences.folder / name, target)


def _insist_on_fit(sentences: Sentences, checkpoint: Checkpoint, *, weights: bool) -> None:
    """Follow the width of the vectors from layer to layer."""
    widths = {step.writes: 0 for step in sentences.steps}
    for step in sentences.steps:
        width = widths.get(step.reads, 0)
        if step.kind == "Pooling":
            widths[step.writes] = len(step.poolings) * (width or step.width)
        if step.has_weights:
            takes, gives = _sizes(step)
            if width and takes != width:
                raise SourceError(
                    f"{step.path} of {checkpoint.name} takes vectors of {takes} numbers, and "
                    f"gets some of {width}",
                    "Its files belong to different models: fetch them again, of one revision.",
                )
            widths[step.writes] = gives
            if weights:
                _insist_on_weights(step, checkpoint)


def _sizes(step: Step) -> tuple[int, int]:
    if step.kind == "Dense":
        return int(step.config["in_features"]), int(step.config["out_features"])
    return int(step.config["dimension"]), int(step.config["dimension"])


def _insist_on_weights(step: Step, checkpoint: Checkpoint) -> None:
    folder = checkpoint.folder / step.path
    if (folder / PICKLE).is_file() and not (folder / WEIGHTS).is_file():
        raise SourceError(
            f"{step.path} of {checkpoint.name} has its weights in {PICKLE} alone: reading a "
            "pickle file can run code",
            "Take a revision with safetensors; or write `allow_pickle: true`, and its tensors "
            "alone are read.",
        )
    takes, gives = _sizes(step)
    shape = (gives, takes) if step.kind == "Dense" else (takes,)
    wanted = {"weight": shape}
    if step.config.get("bias", True):
        wanted["bias"] = (gives,)
    layer = _WEIGHTS_OF[step.kind]
    stored = {name: info.shape for name, info in read_file(folder, WEIGHTS).items()}
    if stored != (expected := {f"{layer}.{name}": size for name, size in wanted.items()}):
        raise SourceError(
            f"the weights of {step.path} of {checkpoint.name} are {_named(stored)}, and "
            f"{_named(expected)} by its config.json",
            "The two belong to different models: fetch both again, of one revision.",
        )


def _named(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in sorted(shapes.items())) or "none"
