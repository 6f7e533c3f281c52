"""What a task is: its inputs, outputs, components and the pipeline that serves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = str | int | float | bool | None | list["JSON"] | dict[str, "JSON"]

ColumnType = Literal[
    "string", "double", "float", "long", "integer", "boolean", "binary", "datetime"
]
ComponentName = Literal["tokenizer", "feature_extractor", "image_processor", "processor"]


@dataclass(frozen=True)
class Column:
    """One column of a signature.

    Args:
        type: MLflow data type name.
        name: Column name; empty for the single unnamed column of plain text tasks.
        required: Whether callers must give it (inputs only).
    """

    type: ColumnType
    name: str = ""
    required: bool = True


@dataclass(frozen=True)
class Tensor:
    """One tensor of a signature.

    Args:
        dtype: numpy dtype name, such as ``float64``.
        shape: Shape with -1 for a free dimension.
        name: Tensor name; empty for a single unnamed tensor.
    """

    dtype: str
    shape: tuple[int, ...]
    name: str = ""


def _one_row(given: Any) -> int:
    return 1


@dataclass(frozen=True)
class Task:
    """A task of the MLflow transformers flavor.

    Args:
        name: The task's name in recipes.
        summary: One line for ``ls --tasks`` and the docs.
        auto_model: Name of the transformers auto class that loads a model for it.
        inputs: Input schema of the task's own signature.
        outputs: Output schema of the task's own signature.
        example: An input the task can take, in the form ``predict`` takes it (one row).
        components: What its pipeline needs beside the model.
        pipeline: The transformers pipeline task behind it; the name itself where empty.
        prompt_template: Whether MLflow applies a prompt template for it.
        pyfunc: Whether MLflow has inference code for it, so that the model gets a pyfunc flavor.
        answer: Turns what the pipeline gives for one input into one row of the output schema.
        json_columns: Input columns that hold structured values: callers of the pyfunc give them
            as JSON text, callers of the pipeline as they are.
        rows: Gives how many rows of output an input has, for tasks whose output is a table of
            several rows an input.
        optional_weights: Parts of weight names that may be missing from a checkpoint, because
            the task does not use them.
        limitations: Checks of the proof that MLflow's own pyfunc wrapper is known not to meet
            for this task, by check name, each with what it does instead.
    """

    name: str
    summary: str
    auto_model: str
    inputs: tuple[Column, ...] | tuple[Tensor, ...]
    outputs: tuple[Column, ...] | tuple[Tensor, ...]
    example: JSON
    answer: Callable[[Any], Any]
    components: tuple[ComponentName, ...] = ("tokenizer",)
    pipeline: str = ""
    prompt_template: bool = False
    pyfunc: bool = True
    json_columns: tuple[str, ...] = ()
    rows: Callable[[Any], int] = _one_row
    optional_weights: tuple[str, ...] = ()
    limitations: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def pipeline_task(self) -> str:
        """The task name that ``transformers.pipeline`` knows."""
        return self.pipeline or self.name
