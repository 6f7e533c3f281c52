"""The recipe language: every field a recipe may say, with its type and meaning."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from runner.recipe.language.block import Block
from runner.recipe.language.evaluation import Evaluation, ViewName
from runner.recipe.language.gates import CHAMPION
from runner.recipe.language.params import ParamEntry
from runner.recipe.language.quantize import Quantize
from runner.recipe.language.requirements import Requirements
from runner.recipe.language.signature import ExplicitSignature
from runner.recipe.language.sizes import Size
from runner.recipe.language.tracking import Tracking
from runner.sources import Source, all_kinds
from runner.tasks import Column, Task, find_task, get_task
from runner.tasks.base import InputType
from runner.tasks.installed import flavors
from runner.tasks.media import Media
from runner.tasks.scoring import Form
from runner.tasks.ways import Way

if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[Union[tuple(all_kinds().values())], Field(discriminator="kind")]  # noqa: UP007

Dtype = Literal["auto", "float16", "bfloat16", "float32", "float64"]
DTYPES: tuple[str, ...] = get_args(Dtype)


def _known_task(task: str) -> str:
    if find_task(task) is None:
        raise PydanticCustomError("unknown_task", "unknown task", {})
    return task


class Components(Block):
    """Parts that come from elsewhere than ``source``, each with a source of its own.

    Args:
        tokenizer: Source of the tokenizer.
        feature_extractor: Source of the feature extractor (audio).
        image_processor: Source of the image processor (vision).
        processor: Source of the processor (multimodal).
    """

    tokenizer: AnySource | None = None
    feature_extractor: AnySource | None = None
    image_processor: AnySource | None = None
    processor: AnySource | None = None

    def given(self) -> dict[str, Source]:
        """Give the declared sources by component name."""
        return {name: value for name, value in self if value is not None}


_OF_LOADING = ("attn_implementation",)
_OF_SOURCE = ("variant",)


class Load(Block):
    """Extra ``from_pretrained`` arguments, per component.

    Args:
        model: For the model: fields of its configuration, such as ``num_labels`` or ``id2label``,
            which the saved model has for good; and ``attn_implementation``, which holds under
            pyfunc. MLflow's native loader takes no such argument: ``from_pretrained`` of the
            model's folder ``model`` does.
        tokenizer: For the tokenizer. Special tokens given here hold even where the file says
            otherwise, as a GGUF file's tokenizer does; ``split_digits: true`` makes a tokenizer
            split numbers digit by digit, which a GGUF file does not record.
        feature_extractor: For the feature extractor.
        image_processor: For the image processor.
        processor: For the processor.
    """

    model: dict[str, Any] = Field(default_factory=dict)
    tokenizer: dict[str, Any] = Field(default_factory=dict)
    feature_extractor: dict[str, Any] = Field(default_factory=dict)
    image_processor: dict[str, Any] = Field(default_factory=dict)
    processor: dict[str, Any] = Field(default_factory=dict)

    @property
    def model_arguments(self) -> dict[str, Any]:
        """What loading the model takes, the saved one too."""
        return {k: v for k, v in self.model.items() if k in _OF_LOADING and v is not None}

    @property
    def config_fields(self) -> dict[str, Any]:
        """What the model's configuration says otherwise than its file."""
        fields = {k: v for k, v in self.model.items() if k not in (*_OF_LOADING, *_OF_SOURCE)}
        if names := fields.get("id2label"):
            fields["id2label"] = {int(number): name for number, name in names.items()}
            fields.setdefault("label2id", {n: i for i, n in fields["id2label"].items()})
        elif numbers := fields.get("label2id"):
            fields["id2label"] = {number: name for name, number in numbers.items()}
        return fields


class Recipe(Block):
    """A recipe: what is packaged, how it is signed and how it is proven.

    Args:
        description: One line, shown by ``ls``.
        task: Task of the MLflow transformers flavor.
        source: Where the weights come from.
        components: Parts that come from elsewhere.
        load: Extra ``from_pretrained`` arguments, per component.
        save_as: ``pipeline``, or ``components`` for models no pipeline can be built from.
        adapter: PEFT adapter on top of ``source``; the base is stored with it, or only referenced
            with ``save_pretrained: false``.
        merge: Whether the adapter becomes a part of the weights, as an ordinary model.
        dtype: dtype of the weights as written and as loaded; ``auto`` keeps the checkpoint's.
        quantize: Weights in few bits; what is not quantised stays in ``dtype``.
        prompt_template: Text with one ``{prompt}``, applied to each input under pyfunc.
        inference_config: Arguments of every inference under pyfunc.
        params: The params schema.
        signature: ``task`` for the task's own, ``infer`` to run the model on the
            ``input_example``, or explicit ``inputs`` and ``outputs``.
        input_type: Form in which callers give audio: ``bytes``, ``path`` or ``array``.
        input_example: An example stored with the model.
        save_pretrained: Whether the weights are stored in the model.
        evaluation: The proof by inference, and the evaluation on data.
        tracking: What is said of the run in MLflow.
        pyfunc: Whose inference code ``mlflow.pyfunc.load_model`` runs: ``extended`` for the
            runner's, which ships inside the model, ``mlflow`` for MLflow's own.
        requirements: Packages beside the computed ones.
        model_card: Markdown, or the path of an ``.md`` file in the recipe's repository; the
            source's own card where absent.
        metadata: What ``MLmodel`` is to keep beside what MLflow and the runner keep there.
        code_paths: Files and folders of the recipe's repository that ship in the model's ``code``
            folder, and can be imported once it is loaded. Who runs the recipe runs them.
        max_shard_size: Largest weight file, such as ``2GB``; files of a checkpoint whose weights
            need no change are split only by this. Where it is absent, other weights take MLflow's
            ``MLFLOW_HUGGINGFACE_MODEL_MAX_SHARD_SIZE``, 500MB by default.
        allow_pickle: Whether weights may come from ``pytorch_model.bin``, a pickle file: read as
            tensors alone, which runs no code, and stored as safetensors.
        trust_remote_code: Whether code from the source may run.
    """

    description: str = ""
    task: Annotated[str, AfterValidator(_known_task)]
    source: AnySource
    components: Components = Field(default_factory=Components)
    load: Load = Field(default_factory=Load)
    save_as: Literal["pipeline", "components"] = "pipeline"
    adapter: AnySource | None = None
    merge: bool = False
    dtype: Dtype = "auto"
    quantize: Quantize | None = None
    prompt_template: str | None = None
    inference_config: dict[str, Any] = Field(default_factory=dict, alias="model_config")
    params: dict[str, ParamEntry] = Field(default_factory=dict)
    signature: Literal["task", "infer"] | ExplicitSignature = "task"
    input_type: InputType | None = None
    input_example: Any = None
    save_pretrained: bool = True
    evaluation: Evaluation = Field(default_factory=Evaluation)
    tracking: Tracking = Field(default_factory=Tracking)
    pyfunc: Literal["extended", "mlflow"] = "extended"
    requirements: Requirements = Field(default_factory=Requirements)
    model_card: Annotated[str, Field(min_length=1)] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    code_paths: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list[str])
    max_shard_size: Size | None = None
    allow_pickle: bool = False
    trust_remote_code: bool = False

    @property
    def contract(self) -> Task:
        """The task as this recipe signs it.

        Applied are ``input_type``, what inferences get by default, and an explicit signature,
        which says by itself in what form media come.
        """
        form = self.input_type
        if isinstance(self.signature, ExplicitSignature):
            form = "array" if self.signature.of_tensors else None
        task = get_task(self.task).taking(form)
        defaults = {name: param.default for name, param in self.params.items()}
        if self.pyfunc == "mlflow":
            task = task.as_mlflow_has_it()
        else:
            task = task.answering({**self.inference_config, **defaults})
        if not isinstance(self.signature, ExplicitSignature):
            return task
        held: dict[str, Media] = {c.name: c.media for c in task.inputs if isinstance(c, Column)}
        unnamed = held.get("", "")
        inputs = tuple(s.as_entry(held.get(s.name or "", unnamed)) for s in self.signature.inputs)
        given = self.signature.outputs
        outputs = tuple(spec.as_entry("") for spec in given) if given else task.outputs
        texts = {spec.name for spec in self.signature.inputs if spec.type == "string"}
        as_json = tuple(name for name in task.json_columns if name in texts)
        bare = len(task.inputs) == len(inputs) == 1 and not task.inputs[0].name
        task = replace(task, inputs=inputs, outputs=outputs, json_columns=as_json)
        return task.naming(inputs[0].name) if bare and inputs[0].name else task

    @property
    def way(self) -> Way | None:
        """How it is measured: in the first way of its task that gives what all metrics take."""
        ways, metrics = self.contract.every_way, self.evaluation.metrics
        fitting = (way for way in ways if all(way.form in one.takes for one in metrics))
        return next(fitting, ways[0] if ways else None)

    @property
    def form(self) -> Form | None:
        """The form of the answers that metrics score; None where nothing scores them."""
        return self.way.form if self.way else None

    @property
    def views(self) -> list[ViewName]:
        """How the saved model is loaded for the proof."""
        if self.evaluation.views is not None:
            return [view for view in self.evaluation.views if view != "source"]
        able: list[tuple[ViewName, bool]] = [
            ("native", self.has_native),
            ("pyfunc", self.has_pyfunc),
        ]
        return [view for view, has_it in able if has_it]

    @property
    def usual_arguments(self) -> dict[str, Any]:
        """What inference is asked with where a caller says nothing: the defaults of params win."""
        defaults = {k: p.default for k, p in self.params.items() if p.default is not None}
        return {**self.inference_config, **defaults}

    @property
    def champion(self) -> str | None:
        """The model that gates call the champion; None where nothing says which."""
        name, alias = self.tracking.register_as, self.tracking.alias or CHAMPION
        return self.evaluation.champion or (f"models:/{name}@{alias}" if name else None)

    @property
    def has_native(self) -> bool:
        """Whether the installed transformers has a pipeline to load the model as."""
        return "transformers" in self.flavors

    @property
    def has_pyfunc(self) -> bool:
        """Whether there is inference code for the task, so that the model gets a pyfunc."""
        return "python_function" in self.flavors

    @property
    def flavors(self) -> list[str]:
        """The MLflow flavors that the model will have with what is installed."""
        return flavors(get_task(self.task), extended=self.pyfunc == "extended")
