"""native: a model without a pipeline: named tensors in, the tensors of its forward pass out."""

from collections.abc import Mapping
from typing import Any

from runner.tasks.base import Call, Column, Task


def _call(row: Any) -> Call:
    return (row,), {}


def _answer(raw: Mapping[str, Any]) -> Any:
    return {name: _as_array(tensor) for name, tensor in raw.items()}


def _as_array(tensor: Any) -> Any:
    """Give a tensor as numpy has it, which knows no bfloat16."""
    return (tensor.float() if tensor.is_floating_point() else tensor).numpy()


TASK = Task(
    name="native",
    summary="runs a model that no pipeline is for: time series, decisions, graphs and the rest",
    auto_model=(
        "AutoModel",
        "AutoModelForTimeSeriesPrediction",
        "AutoModelForKeypointDetection",
        "AutoModelForUniversalSegmentation",
        "AutoModelForPreTraining",
        "AutoModelForImageTextToText",
        "AutoBackbone",
    ),
    inputs=(Column("object"),),
    outputs=(Column("object"),),
    example={},
    call=_call,
    answer=_answer,
    agreement=None,
    forward=True,
    components=(),
    optional_components=("tokenizer", "feature_extractor", "image_processor"),
    optional_weights=("pooler",),
    pyfunc=False,
)
