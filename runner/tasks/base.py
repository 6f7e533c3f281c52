"""What a task is: its inputs, outputs, components and the pipeline that serves it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from runner.tasks.answer_forms import LISTED, Agreement, AnswerForm, always_alike, whole
from runner.tasks.arguments import Argument, Kind
from runner.tasks.media import MEDIA, Media
from runner.tasks.scoring import Form, Scored, as_it_is
from runner.tasks.ways import Way, own_way

JSON = str | int | float | bool | None | list["JSON"] | dict[str, "JSON"]

ColumnType = Literal[
    "string", "double", "float", "long", "integer", "boolean", "binary", "datetime", "object"
]
ComponentName = Literal["tokenizer", "feature_extractor", "image_processor", "processor"]
Cut = Literal[
    "", "truncation", "tokenizer_kwargs", "prompt", "windows", "seconds", "return_timestamps"
]  # fmt: skip
InputType = Literal["path", "bytes", "array"]
_KINDS: Mapping[ColumnType, Kind] = {
    "string": "text", "double": "number", "float": "number", "long": "integer",
    "integer": "integer", "boolean": "boolean",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a signature.

    Args:
        type: MLflow data type name; ``object`` for a structure that MLflow's own schema of the
            task describes.
        name: Column name; empty for the single unnamed column of plain text tasks.
        required: Whether callers must give it (inputs only).
        strict: Whether MLflow's own schema requires it although the task does not.
        media: What the files hold that recipes name where callers give their contents.
        many: Whether it holds a list of them (outputs only).
        least: The least number that it takes (inputs only).
        most: The greatest.
        listed: Whether a list of them may stand in the place of one (inputs only).
    """

    type: ColumnType
    name: str = ""
    required: bool = True
    strict: bool = False
    media: Media = ""
    many: bool = False
    least: float | None = None
    most: float | None = None
    listed: bool = False

    @property
    def argument(self) -> Argument | None:
        """What it takes where it is given as an argument of inference; None for a structure."""
        kind = _KINDS.get(self.type)
        return (
            Argument((kind,), null=not self.required, least=self.least, most=self.most)
            if kind
            else None
        )


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


InWordsOf = Callable[[Any, Mapping[str, Any], Any], Any]
Call = tuple[tuple[Any, ...], dict[str, Any]]
"""What a pipeline is called with: positional and keyword arguments."""


def one_row(given: Any) -> int:
    """Give the rows of output of an input: one."""
    return 1


def call_with(row: Any) -> Call:
    """Call a pipeline with a row: a mapping as keyword arguments, anything else as it is."""
    return ((), dict(row)) if isinstance(row, dict) else ((row,), {})


@dataclass(frozen=True)
class Task:
    """A task of the MLflow transformers flavor.

    Args:
        name: The task's name in recipes.
        summary: One line for the docs.
        auto_model: Names of transformers' auto classes; the first that knows the model counts.
        inputs: Input schema of the task's own signature.
        outputs: Output schema of the task's own signature.
        example: An input the task can take, in the form a recipe gives it (one row).
        special_tokens: Special tokens in the example, as it writes them, by transformers' names.
        in_words_of: Writes the example as a model's components and configuration want it.
        answer: Turns what the pipeline gives for one input into one row of the output schema.
        call: Turns one input into the arguments of the pipeline.
        components: What its pipeline needs beside the model; one the checkpoint has no use for
            (``optional_components``) may be missing.
        optional_components: Components that only some architectures have.
        pipeline: The transformers pipeline task behind it; the name itself where empty.
        forward: Whether it has no pipeline: the model's ``forward`` runs, with the tensors that an
            input names.
        mlflow_schema: Prefix of the schemas in ``mlflow.types.llm`` that MLflow insists on for
            the task, such as ``CHAT_MODEL``; then it is saved under its own name.
        endpoint: Where OpenAI's clients ask it, by its first input, behind ``/v1/``; or empty.
        prompt_template: Whether MLflow applies a prompt template for it.
        chat_template: Whether a missing prompt template is made from the chat template.
        pyfunc: Whether MLflow has inference code for it (``pyfunc: mlflow``).
        inference: The adapter of ``runner.pyfunc`` that serves it (``pyfunc: extended``), as
            ``module:Class``; empty where the runner ships no inference code for it.
        generates: Whether that adapter hands on what ``generate`` takes.
        arguments: What that adapter takes beside the arguments of the pipeline.
        answer_form: Names the form of an answer under the arguments of an inference.
        agreement: Gives what must be the same of a row of the pyfunc and the pipeline's answer;
            None where the pyfunc gives something else on purpose.
        form: The form in which its answers are scored by metrics; None where there is none.
        ways: How its models are measured beside that.
        scored: Turns an answer to one input into that form.
        scored_with: What its inference code is asked, so that an answer has all that is scored.
        cut: How a caller of the pipeline has a row cut that is longer than the model: the argument
            for it; ``prompt`` for one that is gone on from, ``windows`` for one that is looked at
            through joined windows, ``seconds`` for a recording that the feature extractor cuts.
            Empty where the pipeline sees to it.
        every_label: Whether an answer that is scored has every label there is.
        with_template: What a caller of the pipeline gives where the model has a prompt template.
        streams: Whether that code gives its answer piece by piece too (``predict_stream``).
        batches: Whether one ``predict`` takes several inputs.
        json_columns: Input columns of structured values: callers of the pyfunc give JSON text.
        input_types: The forms in which callers may give media, the default first.
        rows: Gives how many rows of output an input has, where there may be several.
        optional_weights: Parts of weight names that the task does not use, and may be missing.
        sentence_modules: Whether its inference code does what the files of sentence-transformers
            in a checkpoint declare.
        label: What a label of its models begins with; where none does, their last one is taken.
        languages: Whether a model that knows several languages has to be told two of them.
        needs: Libraries its pipeline cannot do without: import names with distributions.
        gone_in: The version of transformers that dropped its pipeline, if one did.
        variants: A pattern of further names that it goes by, such as those with languages.
        limitations: Checks of the proof that MLflow's own pyfunc is known not to meet for this
            task, by check name, each with what it does instead.
    """

    name: str
    summary: str
    auto_model: str | tuple[str, ...]
    inputs: tuple[Column, ...] | tuple[Tensor, ...]
    outputs: tuple[Column, ...] | tuple[Tensor, ...]
    example: JSON
    answer: Callable[[Any], Any]
    special_tokens: Mapping[str, str] = field(default_factory=dict[str, str])
    in_words_of: InWordsOf | None = None
    call: Callable[[Any], Call] = call_with
    components: tuple[ComponentName, ...] = ("tokenizer",)
    optional_components: tuple[ComponentName, ...] = ()
    pipeline: str = ""
    forward: bool = False
    mlflow_schema: str = ""
    endpoint: str = ""
    prompt_template: bool = False
    chat_template: bool = False
    pyfunc: bool = True
    inference: str = ""
    generates: bool = False
    arguments: Mapping[str, Argument] = field(default_factory=dict[str, Argument])
    answer_form: AnswerForm = always_alike
    agreement: Agreement | None = whole
    form: Form | None = None
    ways: tuple[Way, ...] = ()
    scored: Scored = as_it_is
    scored_with: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    cut: Cut = ""
    every_label: bool = False
    with_template: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    streams: bool = False
    batches: bool = True
    json_columns: tuple[str, ...] = ()
    input_types: tuple[InputType, ...] = ()
    rows: Callable[[Any], int] = one_row
    optional_weights: tuple[str, ...] = ()
    sentence_modules: bool = False
    label: str = ""
    languages: bool = False
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    gone_in: str = ""
    variants: str = ""
    limitations: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def pipeline_task(self) -> str:
        """The task name that ``transformers.pipeline`` knows."""
        return self.pipeline or self.name

    @property
    def every_way(self) -> tuple[Way, ...]:
        """How its models are measured: by their answers first, where these are scored."""
        return (own_way(self.form), *self.ways) if self.form else self.ways

    @property
    def auto_models(self) -> tuple[str, ...]:
        """Names of the auto classes, the preferred one first."""
        return (self.auto_model,) if isinstance(self.auto_model, str) else self.auto_model

    @property
    def needs_parts(self) -> bool:
        """Whether MLflow loads its models as parts alone, and puts no pipeline together."""
        return self.forward or "processor" in self.components

    @property
    def extended(self) -> bool:
        """Whether the runner ships inference code for it."""
        return bool(self.inference)

    @property
    def libraries(self) -> Mapping[str, str]:
        """What it needs beside transformers: import names with the distributions to install."""
        return {**self.needs, **{k: v for m in self.media for k, v in MEDIA[m].libraries.items()}}

    @property
    def media(self) -> list[Media]:
        """What the files hold that its inputs take, each kind once; samples are made from audio."""
        held = {one.media for one in self.inputs if isinstance(one, Column)}
        heard = bool(self.input_types) and not held
        return [kind for kind in MEDIA if kind in held or (heard and kind == "audio")]

    def called(self, name: str) -> "Task | None":
        """Give the task under a name that it goes by; None where it does not.

        Args:
            name: Its own name, or one of its variants.
        """
        if name == self.name:
            return self
        fits = bool(self.variants) and re.fullmatch(self.variants, name)
        return replace(self, name=name) if fits else None

    def as_mlflow_has_it(self) -> "Task":
        """Give the task with the columns required that MLflow's own inference code requires."""
        columns = [c for c in self.inputs if isinstance(c, Column)]
        if not any(column.strict for column in columns):
            return self
        return replace(
            self, inputs=tuple(replace(c, required=True) if c.strict else c for c in columns)
        )

    def answering(self, arguments: Mapping[str, Any]) -> "Task":
        """Give the task with the outputs that its answers have under arguments of an inference.

        Args:
            arguments: What every inference gets.
        """
        if self.answer_form(arguments) != LISTED:
            return self
        columns = (entry for entry in self.outputs if isinstance(entry, Column))
        return replace(self, outputs=tuple(replace(c, many=True) for c in columns))

    def naming(self, column: str) -> "Task":
        """Give a task that takes one bare value as one whose value has a name.

        Args:
            column: The name.
        """
        return replace(
            self,
            example={column: self.example},
            call=lambda row: self.call(row[column]),
            rows=lambda row: self.rows(row[column]),
        )

    def taking(self, input_type: InputType | None) -> "Task":
        """Give the task with its media in another form.

        Args:
            input_type: ``path`` for text that names a file or address, ``bytes`` for the file's
                contents, ``array`` for samples (audio); None for the task's default.

        Source: the seed's "Input Data Types for Audio Pipelines".
        """
        if input_type is None or not self.input_types:
            return self
        if input_type == "array":
            return replace(self, inputs=(Tensor("float32", (-1,)),), batches=False)
        kind: ColumnType = "string" if input_type == "path" else "binary"
        columns = (c for c in self.inputs if isinstance(c, Column))
        return replace(self, inputs=tuple(replace(c, type=kind) if c.media else c for c in columns))
