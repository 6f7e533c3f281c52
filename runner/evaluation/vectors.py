"""The vectors that sentence-transformers itself gives, for a checkpoint that declares them."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import torch

from runner.evaluation.source import Origin
from runner.evaluation.views import device_number
from runner.pyfunc.sentences import LIST
from runner.recipe.language.models import Recipe

_LIBRARY = "sentence_transformers"
_OF_ENCODE = {
    "prompt_name": "prompt_name",
    "prompt": "prompt",
    "truncate_dim": "truncate_dim",
    "normalize": "normalize_embeddings",
}
"""Arguments of inference, as ``encode`` has them."""


def no_vectors(recipe: Recipe, origin: Origin, arguments: Mapping[str, Any]) -> str:
    """Say why the vectors of a model cannot be held to those of sentence-transformers.

    Args:
        recipe: The recipe.
        origin: Where its parts are.
        arguments: What it says of inference.

    Returns:
        The reason; empty where they can.
    """
    task, checkpoint = recipe.contract, origin.checkpoints["model"]
    if not task.sentence_modules or not (checkpoint.folder / LIST).is_file():
        return f"the pyfunc of {task.name} gives another thing than the pipeline, on purpose"
    if arguments.get("pooling") is not None or arguments.get("normalize") is False:
        return "the recipe makes its vectors otherwise than the checkpoint declares"
    if recipe.quantize:
        return "sentence-transformers is asked for no vectors of weights that the recipe quantises"
    if set(origin.checkpoints) - {"model"}:
        return "sentence-transformers loads no parts that come from elsewhere"
    if find_spec(_LIBRARY) is None:
        return "sentence-transformers, which made the checkpoint, is not installed"
    return ""


def vectors_of(
    recipe: Recipe, inputs: Sequence[Any], origin: Origin, arguments: Mapping[str, Any], device: str
) -> list[Any]:
    """Ask sentence-transformers for vectors, an input at a time.

    Args:
        recipe: The recipe.
        inputs: The inputs, as the model takes them.
        origin: Where its parts are.
        arguments: What it says of inference.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.

    Returns:
        A vector an input; several of an input that is a list.
    """
    from sentence_transformers import SentenceTransformer

    number = device_number(device)
    dtype = {} if recipe.dtype == "auto" else {"dtype": getattr(torch, recipe.dtype)}
    model = SentenceTransformer(
        str(origin.checkpoints["model"].folder),
        device="cpu" if number < 0 else f"cuda:{number}",
        local_files_only=True,
        model_kwargs={
            "dtype": "auto",
            **recipe.load.model_arguments,
            **recipe.load.config_fields,
            **dtype,
        },
        processor_kwargs=dict(recipe.load.tokenizer),
    )
    how = {ours: arguments[name] for name, ours in _OF_ENCODE.items() if name in arguments}
    return [model.encode(_texts(recipe, row), **how) for row in inputs]


def _texts(recipe: Recipe, row: Any) -> Any:
    (given,), _ = recipe.contract.call(row)
    if (template := recipe.prompt_template) is None:
        return given
    if isinstance(given, list):
        return [template.format(prompt=text) for text in given]
    return template.format(prompt=given)
