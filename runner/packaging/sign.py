"""The signature: the task's own inputs and outputs, with the recipe's params schema."""

from typing import Any

import numpy as np
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

from runner.recipe.models import Recipe
from runner.recipe.params import Param
from runner.tasks import Column, Tensor, get_task


def sign(recipe: Recipe) -> ModelSignature:
    """Build the signature of a recipe, without running the model.

    Args:
        recipe: The recipe.

    Returns:
        The signature, with a params schema where the recipe declares params.
    """
    task = get_task(recipe.task)
    signature = ModelSignature(inputs=_schema(task.inputs), outputs=_schema(task.outputs))
    if recipe.params:
        signature.params = ParamSchema([_param(name, p) for name, p in recipe.params.items()])
    return signature


def _schema(entries: tuple[Column, ...] | tuple[Tensor, ...]) -> Schema:
    return Schema([_spec(entry) for entry in entries])


def _spec(entry: Column | Tensor) -> ColSpec | TensorSpec:
    if isinstance(entry, Tensor):
        return TensorSpec(np.dtype(entry.dtype), list(entry.shape), entry.name or None)
    return ColSpec(DataType[entry.type], name=entry.name or None, required=entry.required)


def _param(name: str, param: Param) -> ParamSpec:
    default: Any = param.default
    if param.type == "datetime" and default is not None:
        default = np.datetime64(default).item() if not param.shape else np.array(default, "M8[us]")
    return ParamSpec(
        name=name,
        dtype=DataType[param.type],
        default=default,
        shape=tuple(param.shape) if param.shape else None,
    )
