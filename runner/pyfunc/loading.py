"""Load the parts of a model from its folder, by transformers alone."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from mlflow.models import Model

from .errors import BadRequest
from .sentences import FOLDER, Sentences
from .settings import MAP, Settings
from .upstream import pipeline_tasks

_AUTO = {
    "tokenizer": "AutoTokenizer",
    "feature_extractor": "AutoFeatureExtractor",
    "image_processor": "AutoImageProcessor",
    "processor": "AutoProcessor",
}
_ADAPTER = "peft"


@dataclass(frozen=True)
class Parts:
    """What runs.

    Args:
        task: The recipe's task.
        adapter: What runs it: a class of this package, as ``module:Class``.
        pipeline_task: The transformers pipeline task behind it.
        model: The model, on its device, ready for inference.
        components: Tokenizer and the like, by name.
        columns: Names of the input columns; empty for one without a name.
        prompt_template: Text with one ``{prompt}``, where the model has one.
        chats: Whether a text is what a user says, for the chat template to frame at each call.
        name: What the model is called: as it is registered, else as its recipe is.
        sentences: How its vectors are made, where its checkpoint declares it.
        truncation: What becomes of a row longer than the model.
    """

    task: str
    adapter: str
    pipeline_task: str
    model: Any
    components: dict[str, Any]
    columns: tuple[str, ...]
    prompt_template: str | None
    name: str
    chats: bool = False
    sentences: Sentences | None = None
    truncation: str = "warn"

    @property
    def tokenizer(self) -> Any:
        """The tokenizer; that of the processor where it has no folder of its own."""
        return self.components.get("tokenizer") or self.components["processor"].tokenizer

    @property
    def device(self) -> torch.device:
        """The device that inputs go to."""
        return self.model.device


def learns_prompts(model: Any) -> bool:
    """Say whether an adapter puts tokens that it has learnt before each text.

    PEFT puts them before the padding and drops the positions of the tokens, so that a text which
    is padded on the left is another to the model than it is alone.

    Args:
        model: A model, perhaps of PEFT.
    """
    config = getattr(model, "active_peft_config", None)
    return bool(config is not None and config.is_prompt_learning)


def pipeline_of(parts: Parts) -> Any:
    """Build the transformers pipeline of a task; None where this version has none.

    The constructor takes a task's prefix out of the model's configuration: it is put back.

    Args:
        parts: What it is made of.
    """
    if parts.pipeline_task.partition("_")[0] not in pipeline_tasks():
        return None
    config = parts.model.config
    specific = copy.deepcopy(getattr(config, "task_specific_params", None))
    build: Any = transformers.pipeline
    built = build(parts.pipeline_task, model=parts.model, **parts.components)
    if specific is not None:
        config.task_specific_params = specific
    return built


def load_parts(path: Path, settings: Settings) -> Parts:
    """Load everything.

    Args:
        path: The model folder.
        settings: How to run it.

    Raises:
        BadRequest: The installed transformers cannot read it.
    """
    info = Model.load(str(path))
    metadata: dict[str, Any] = info.metadata or {}
    how: dict[str, Any] = metadata["inference"]
    inputs = info.get_input_schema()
    named = inputs is not None and inputs.has_input_names()
    columns = tuple(map(str, inputs.input_names())) if inputs is not None and named else ()
    components = {
        name: _component(path / "components" / name, name, kind, how)
        for name, kind in how["components"].items()
    }
    return Parts(
        task=how["task"],
        adapter=how["adapter"],
        pipeline_task=how["pipeline_task"],
        model=_model(path, how, settings, quantised="quantised" in metadata),
        components=components,
        columns=columns,
        prompt_template=metadata.get("prompt_template"),
        name=str(how["name"]),
        chats=bool(how.get("chats")),
        sentences=Sentences.read(path / FOLDER, how["pipeline_task"]),
        truncation=settings.truncation,
    )


def _component(folder: Path, name: str, kind: str, how: dict[str, Any]) -> Any:
    """Load a component; in other ways where its own class is of another transformers."""
    trusted = {"trust_remote_code": "own_code" in how}  # said either way, transformers asks nobody
    ways: list[tuple[str, dict[str, Any]]] = [(kind, trusted), (_AUTO[name], trusted)]
    if name == "tokenizer":  # 5 names its fast class, and lists special tokens, as 4 does not
        plain = {**trusted, "extra_special_tokens": {}}
        ways += [("PreTrainedTokenizerFast", trusted), (kind, plain)]
    failures: list[Exception] = []
    for class_name, arguments in ways:
        loader = getattr(transformers, class_name, None)
        if loader is None:
            continue
        try:
            return loader.from_pretrained(str(folder), **arguments)
        except Exception as error:
            failures.append(error)
    raise BadRequest(
        f"transformers {transformers.__version__} cannot read the {name}, which "
        f"{how['transformers']} wrote: "
        f"install that version"
    ) from failures[0]


def _model(path: Path, how: dict[str, Any], settings: Settings, *, quantised: bool) -> Any:
    model_class = getattr(transformers, how.get("own_code") or how["model"], None)
    if model_class is None:
        raise BadRequest(
            f"transformers {transformers.__version__} has no {how['model']}; the model was saved "
            f"with {how['transformers']}: install that version"
        )
    dtype = how["dtype"] if settings.dtype == "saved" else settings.dtype
    if quantised and dtype != how["dtype"]:
        raise BadRequest(f"the weights are quantised for {how['dtype']}: dtype cannot be {dtype}")
    arguments: dict[str, Any] = {"dtype": getattr(torch, dtype), **how.get("load", {})}
    if "own_code" in how:
        arguments["trust_remote_code"] = True
    if settings.device == MAP:
        arguments["device_map"] = "auto"
    elif quantised:  # they go where they are wanted while they load, and stay there
        arguments["device_map"] = {"": settings.torch_device()}
    where, revision = _weights(path, how, settings)
    try:
        model = model_class.from_pretrained(where, **revision, **arguments)
    except OSError as error:
        raise BadRequest(
            f"the weights are not in the model, and {where} cannot be read: {error}; "
            "`python -m runner persist` puts them in, base_model names others"
        ) from error
    if (path / _ADAPTER).is_dir():
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(path / _ADAPTER))
    if "device_map" not in arguments:
        model = model.to(settings.torch_device())
    return model.eval()


def _weights(path: Path, how: dict[str, Any], settings: Settings) -> tuple[str, dict[str, str]]:
    """Say where the weights are: a folder, or a repository and its commit."""
    if settings.base_model != "saved":
        return settings.base_model, {}
    if (path / "model").is_dir():
        return str(path / "model"), {}
    reference: dict[str, Any] = how["reference"]
    if "repo" in reference:
        return reference["repo"], {"revision": reference["revision"]}
    folder = Path(reference["path"])
    for name, file in reference["files"].items():
        if (folder / name).is_file() and (folder / name).stat().st_size != file["bytes"]:
            raise BadRequest(f"{folder / name} is not the file that the model was made with")
    return str(folder), {}
