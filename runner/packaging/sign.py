"""The signature: the task's own, the recipe's, or what running the model on its example shows."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from mlflow.models import ModelSignature, infer_signature
from mlflow.transformers import generate_signature_output
from mlflow.types.schema import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Object,
    ParamSchema,
    ParamSpec,
    Schema,
    TensorSpec,
)
from transformers import pipeline

from runner.errors import SignatureError, first_line, raise_if_ours
from runner.packaging.blueprint import Blueprint
from runner.packaging.template import prompt_template_of
from runner.pyfunc import loading
from runner.pyfunc.model import InferenceModel
from runner.pyfunc.seeding import seed_draws
from runner.pyfunc.settings import Settings
from runner.recipe.language.models import Recipe
from runner.recipe.language.params import Param
from runner.recipe.language.signature import ExplicitSignature, Spec
from runner.records import RunRecord
from runner.tasks import Column, Task, Tensor
from runner.upstream.mlflow_api import protocol_schemas


def sign(recipe: Recipe) -> ModelSignature:
    """Build the signature of a recipe without running the model.

    Args:
        recipe: The recipe; its signature is the task's own or explicit.

    Returns:
        The signature, with a params schema where the recipe declares params.
    """
    if isinstance(recipe.signature, ExplicitSignature):
        signature = _explicit(recipe.signature, recipe.contract)
    else:
        signature = ModelSignature(*_own(recipe.contract))
    return _with_params(signature, recipe)


def signature_of(recipe: Recipe, record: RunRecord | None = None) -> dict[str, Any] | None:
    """Give the signature that a model will have, as plain values.

    Args:
        recipe: The recipe.
        record: The record of a run of it, where there is one.

    Returns:
        ``inputs``, ``outputs`` and ``params``; nothing where it is inferred and there is no run.
    """
    proven = record.signature if record else None
    sides = proven if recipe.signature == "infer" else sign(recipe).to_dict()
    if sides is None:
        return None
    return {side: json.loads(sides[side] or "[]") for side in ("inputs", "outputs", "params")}


def infer(recipe: Recipe, parts: Blueprint, example: Any) -> ModelSignature:
    """Run the model on the example as its pyfunc would, and let MLflow read the schemas off.

    Where this fails, MLflow's own ``save_model`` falls back to a default in silence.

    Args:
        recipe: The recipe.
        parts: Its parts; weights that are not in memory are read for it.
        example: The input example, as callers of the pyfunc give it.

    Returns:
        The signature, with a params schema where the recipe declares params.

    Raises:
        SignatureError: The model cannot be run on the example.
    """
    data = example[0] if isinstance(example, tuple) else example
    params = {name: p.default for name, p in recipe.params.items() if p.default is not None}
    seed_draws(recipe.evaluation.seed)
    try:
        output = _output(recipe, parts, data, params)
    except Exception as error:
        raise_if_ours(error)
        raise SignatureError(
            "the signature cannot be inferred: running the model on `input_example` raised "
            f"{type(error).__name__}: {first_line(error)}",
            "Mend `input_example`, `model_config` or `params`, or write `signature: task`.",
        ) from error
    return _with_params(infer_signature(data, output), recipe)


def _output(recipe: Recipe, parts: Blueprint, data: Any, params: dict[str, Any]) -> Any:
    """Run the model by the code that its pyfunc will have."""
    model: Any = parts.model
    if parts.weightless:
        folder = str(parts.checkpoint.folder)
        model = type(parts.model).from_pretrained(folder, dtype=parts.dtype)
    config = dict(recipe.inference_config)
    if recipe.pyfunc == "mlflow":
        build: Any = pipeline
        runs = build(parts.task.pipeline_task, model=model, **parts.components)
        return generate_signature_output(runs, data, config, params)
    schema = infer_signature(data).inputs
    template = prompt_template_of(recipe, parts)
    loaded = loading.Parts(
        task=parts.task.name,
        adapter=parts.task.inference,
        pipeline_task=parts.task.pipeline_task,
        model=model.eval(),
        components=dict(parts.components),
        columns=tuple(map(str, schema.input_names())) if schema.has_input_names() else (),
        prompt_template=template,
        chats=parts.task.chat_template and template is None,
        name=parts.checkpoint.name,
        sentences=parts.sentences,
    )
    return InferenceModel(loaded, config, Settings.of(config)).predict(data, params)


def _with_params(signature: ModelSignature, recipe: Recipe) -> ModelSignature:
    if recipe.params:
        signature.params = ParamSchema([_param(name, p) for name, p in recipe.params.items()])
    return signature


def _own(task: Task) -> tuple[Schema, Schema]:
    """Give the task's own schemas; a copy of MLflow's where it insists on its own."""
    if task.mlflow_schema:
        return copy.deepcopy(protocol_schemas(task.mlflow_schema))
    return _schema(task.inputs), _schema(task.outputs)


def _explicit(signature: ExplicitSignature, task: Task) -> ModelSignature:
    outputs = _from_specs(signature.outputs) if signature.outputs else _own(task)[1]
    return ModelSignature(_from_specs(signature.inputs), outputs)


def _from_specs(specs: Sequence[Spec]) -> Schema:
    return Schema.from_json(json.dumps([spec.to_mlflow() for spec in specs]))


def _schema(entries: tuple[Column, ...] | tuple[Tensor, ...]) -> Schema:
    return Schema([_spec(entry) for entry in entries])


def _spec(entry: Column | Tensor) -> ColSpec | TensorSpec:
    if isinstance(entry, Tensor):
        return TensorSpec(np.dtype(entry.dtype), list(entry.shape), entry.name or None)
    kind: Any = AnyType() if entry.type == "object" else DataType[entry.type]
    kind = Array(kind) if entry.many else kind
    return ColSpec(kind, name=entry.name or None, required=entry.required)


def _param(name: str, param: Param) -> ParamSpec:
    default: Any = param.default
    if param.type == "datetime":
        default = np.array(default, "M8[us]") if param.shape else np.datetime64(default).item()
    kind: Any
    if param.properties is not None:
        properties = {key: spec.to_mlflow() for key, spec in param.properties.items()}
        kind = Object.from_json_dict(type="object", properties=properties)
    else:
        kind = DataType[param.type]
    return ParamSpec(name, kind, default, shape=tuple(param.shape) if param.shape else None)
