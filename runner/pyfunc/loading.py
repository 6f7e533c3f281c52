"""Load the parts of a model from its folder, by transformers alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from mlflow.models import Model

from .errors import BadRequest
from .settings import Settings

_AUTO = {
    "tokenizer": "AutoTokenizer",
    "feature_extractor": "AutoFeatureExtractor",
    "image_processor": "AutoImageProcessor",
    "processor": "AutoProcessor",
}


@dataclass(frozen=True)
class Parts:
    """What runs.

    Args:
        task: The recipe's task.
        pipeline_task: The transformers pipeline task behind it.
        model: The model, on its device, ready for inference.
        components: Tokenizer and the like, by name.
        columns: Names of the input columns; empty for one without a name.
        prompt_template: Text with one ``{prompt}``, where the model has one.
        name: The model's name, as its source names it.
    """

    task: str
    pipeline_task: str
    model: Any
    components: dict[str, Any]
    columns: tuple[str, ...]
    prompt_template: str | None
    name: str

    @property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        return self.components["tokenizer"]

    @property
    def device(self) -> torch.device:
        """The device that inputs go to."""
        return self.model.device


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
        name: _component(path / "components" / name, name, kind, how["transformers"])
        for name, kind in how["components"].items()
    }
    return Parts(
        task=how["task"],
        pipeline_task=how["pipeline_task"],
        model=_model(path / "model", how, settings),
        components=components,
        columns=columns,
        prompt_template=metadata.get("prompt_template"),
        name=str(how["name"]),
    )


def _component(folder: Path, name: str, kind: str, version: str) -> Any:
    """Load a component; in other ways where its own class is of another transformers."""
    ways: list[tuple[str, dict[str, Any]]] = [(kind, {}), (_AUTO[name], {})]
    if name == "tokenizer":  # 5 names its fast class, and lists special tokens, as 4 does not
        ways += [("PreTrainedTokenizerFast", {}), (kind, {"extra_special_tokens": {}})]
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
        f"transformers {transformers.__version__} cannot read the {name}, which {version} wrote: "
        f"install that version"
    ) from failures[0]


def _model(folder: Path, how: dict[str, Any], settings: Settings) -> Any:
    model_class = getattr(transformers, how["model"], None)
    if model_class is None:
        raise BadRequest(
            f"transformers {transformers.__version__} has no {how['model']}; the model was saved "
            f"with {how['transformers']}: install that version"
        )
    dtype = how["dtype"] if settings.dtype == "saved" else settings.dtype
    where = {"device_map": "auto"} if settings.device == "map" else {}
    model = model_class.from_pretrained(str(folder), dtype=getattr(torch, dtype), **where)
    if settings.device != "map":
        model = model.to(settings.torch_device())
    return model.eval()
