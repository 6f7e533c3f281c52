"""The evaluation block of a recipe: the proof by inference, and the evaluation on data."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.datasets.block import DatasetBlock
from runner.engines import LOCAL, Engine
from runner.metrics import Metric, all_metrics
from runner.metrics.own import Own, is_own
from runner.recipe.language.block import Block
from runner.recipe.language.gates import CHAMPION, FORM, Gate, parse_gate

ViewName = Literal["native", "pyfunc", "server", "isolated"]
Truncation = Literal["error", "warn", "cut"]
AskedView = Literal["native", "pyfunc", "server", "isolated", "source"]
OF_PYFUNC: frozenset[ViewName] = frozenset({"pyfunc", "server", "isolated"})
"""The views that need a pyfunc."""


@cache
def _union() -> Any:
    """Give all metrics, told apart by their names."""
    metrics: Any = Union[tuple(dict.fromkeys(all_metrics().values()))]  # noqa: UP007
    return Annotated[metrics, Field(discriminator="name")]


@cache
def _known() -> TypeAdapter[Metric]:
    return TypeAdapter(_union())


def _metric(written: object) -> Metric:
    """Read a metric: one that is known, or one of the recipe's own, ``module:function``."""
    metric = {"name": written} if isinstance(written, str) else written
    return Own.model_validate(metric) if is_own(metric) else _known().validate_python(metric)


class _Read:
    """Any metric; a recipe that names none has none of them imported."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_metric)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        name: Any = Literal[tuple(all_metrics())]
        own_name = Annotated[str, Field(pattern=":")]
        written: Any = Union[name, _union(), Own, own_name]  # noqa: UP007
        return handler(TypeAdapter[Any](written).core_schema)


def _condition(given: Any) -> Any:
    """Refuse text that is no condition, and a bare number, which is told like one."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if number or (isinstance(given, str) and parse_gate(given) is None):
        text = str(given)
        raise PydanticCustomError("gate", "{text} is no condition", {"text": text, "form": FORM})
    return given


Condition = Annotated[str, BeforeValidator(_condition)]
if TYPE_CHECKING:
    AnyMetric = Metric
else:
    AnyMetric = Annotated[Metric, _Read()]


class Expectation(Block):
    """One thing that must hold for an output: exactly one of the conditions below.

    Args:
        input: Which evaluation input, from 0; every input where absent.
        view: Which view; every view that ran where absent. ``similar_to`` needs embeddings.
        column: Column of a table output, such as ``label`` or ``score``.
        equals: The output is exactly this.
        contains: The output's text contains this.
        regex: A match for this regular expression is found in the output's text.
        approx: The output's number is this, give or take ``tolerance``.
        tolerance: Absolute tolerance of ``approx``.
        similar_to: Index of another input; the cosine of both vectors (of hidden states: of their
            means) is bounded by ``above`` and ``below``.
        above: The cosine is greater than this.
        below: The cosine is less than this.
    """

    input: int | None = Field(default=None, ge=0)
    view: ViewName | None = None
    column: str | None = None
    equals: Any = None
    contains: str | None = None
    regex: str | None = None
    approx: float | None = None
    tolerance: float = Field(default=1e-4, ge=0)
    similar_to: int | None = Field(default=None, ge=0)
    above: float | None = None
    below: float | None = None

    @property
    def metric(self) -> str:
        """What the similarity is called among the numbers that the proof measured."""
        return f"similarity_{self.input}_{self.similar_to}"

    @model_validator(mode="after")
    def _one_condition(self) -> "Expectation":
        conditions = ("equals", "contains", "regex", "approx", "similar_to")
        given = [name for name in conditions if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_condition",
                "an expectation takes exactly one of {conditions}; this one has {given}",
                {"conditions": ", ".join(conditions), "given": ", ".join(given) or "none"},
            )
        if self.similar_to is None and (self.above, self.below) != (None, None):
            raise PydanticCustomError("bounds", "above and below belong to similar_to", {})
        if self.similar_to is not None and (self.above, self.below) == (None, None):
            raise PydanticCustomError("bounds", "similar_to needs above, below or both", {})
        if self.similar_to is not None and self.input is None:
            raise PydanticCustomError("bounds", "similar_to needs input", {})
        return self


class Evaluation(Block):
    """The proof by inference, and the evaluation on data.

    Args:
        inputs: Inputs to run, each in the form the task takes; the ``input_example``, else the
            task's own example, where absent.
        views: How the saved model is used for it: loaded by ``mlflow.transformers`` (``native``)
            and ``mlflow.pyfunc``, or served by MLflow's scoring server and asked over HTTP
            (``server``), or loaded by ``mlflow.pyfunc`` in an environment made by uv of the
            model's own requirements (``isolated``). ``source`` holds all but the served one to
            what the checkpoint answers as transformers loads it from its source. Where absent: both
            ways of loading, as far as the task has them, and ``source`` where the weights fit the
            free memory twice and are in no GGUF file. An empty list skips the proof, and the
            verdict is then ``unproven``.
        expect: What must hold for the outputs.
        seed: Seed set before each prediction, so that sampling repeats; of the resampling too.
        truncation: What a row longer than the model gets: ``error`` refuses it (a status 400 when
            served), ``warn`` cuts it and says which one in a warning, ``cut`` cuts it. The packaged
            model does so too, under the runner's inference code.
        dataset: Rows with targets, for the metrics.
        metrics: What is measured on them: a name, or a mapping of a name and its parameters. What
            a metric is called by gates is its ``title``, else its name. A name with a colon,
            ``module:function``, is a metric of the recipe's own repository, which runs only where
            the run has ``allow_code=true``.
        slices: Columns of the dataset; every metric is measured for each of their values as well.
        gates: What must hold for the model to pass, by what it is about: a metric (``accuracy``),
            one of a slice (``accuracy.slices.lang.de``), a part of a metric
            (``f1_macro.class.spam``), or what is measured beside (``latency_p95_ms``,
            ``batch_p95_ms``, ``rows_per_second``, ``generated_tokens_per_second``,
            ``first_text_p50_ms``, ``load_seconds``, ``peak_memory_bytes``, ``size_bytes``). It is
            written as ``>= 0.9``, with ``>``, ``<=`` or ``<``. A gate passes where the whole
            interval of the metric holds it, fails where none of it does, and is else undecided,
            which is no pass. ``>= champion - 0.01`` holds a metric, as a whole or of a slice, to
            that of the champion on the same rows: what decides is the interval of the difference.
            ``>= float32 - 0.01`` holds it to a point of the same recipe, by its name, the
            overrides that make it, or a value of one.
        champion: The model that gates call the champion: ``models:/name@alias``,
            ``models:/name/version`` or ``runs:/id`` in MLflow, or the folder of a point with its
            record, relative to the recipe file. Where absent: the alias of ``tracking`` on the
            name that it registers as, ``champion`` where it has none.
        confidence: Confidence of the intervals.
        golden: Whether answers to the inputs are held to those in ``NAME.golden.jsonl`` beside the
            recipe, texts to the letter and numbers within the rounding of the dtype;
            ``--update-golden`` writes it.
        repeat: How often the model is asked for each row, of a model that draws its answers: with
            ``seed``, the next seed, and so on. What a metric measures of a row is the mean over
            its answers: of right and wrong, the row's pass rate.
        engine: What runs the rows: this process (``local``), or the workers of ``ray`` or
            ``spark``, which answer the same to the bit.
    """

    inputs: list[Any] = Field(default_factory=list)
    views: list[AskedView] | None = None
    expect: list[Expectation] = Field(default_factory=list[Expectation])
    seed: int = 0
    truncation: Truncation = "warn"
    dataset: DatasetBlock | None = None
    metrics: list[AnyMetric] = Field(default_factory=list[AnyMetric])
    slices: list[str] = Field(default_factory=list[str])
    gates: dict[str, Condition] = Field(default_factory=dict[str, Condition])
    champion: str | None = Field(default=None, min_length=1)
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    golden: bool = False
    repeat: int = Field(default=1, ge=1, le=1000)
    engine: Engine = LOCAL

    @property
    def conditions(self) -> dict[str, Gate]:
        """The gates, read."""
        return {name: gate for name, text in self.gates.items() if (gate := parse_gate(text))}

    @property
    def others(self) -> list[str]:
        """The other models that gates compare with: ``champion``, and points of the recipe."""
        return list(dict.fromkeys(gate.other for gate in self.conditions.values() if gate.other))

    @property
    def points(self) -> list[str]:
        """The points of the recipe that gates compare with, by the names that gates have."""
        return [name for name in self.others if name != CHAMPION]

    @model_validator(mode="after")
    def _something_is_held_to_the_source(self) -> "Evaluation":
        if "source" in (views := self.views or ()) and not {"native", "pyfunc"} & {*views}:
            raise PydanticCustomError(
                "views", "source is what native or pyfunc is held to: name one of them too", {}
            )
        return self
