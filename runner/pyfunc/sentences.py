"""How a text becomes one vector, where a checkpoint of sentence-transformers declares it.

Read from the files that sentence-transformers writes beside the weights. A saved model has the
same files in a folder of its own. Source: ``sentence_transformers`` 5.7, the ``load`` of its
modules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .declared import Undeclared, insist_on_kinds, read_json

FOLDER = "sentence_transformers"
"""Where a saved model has the declaration."""
LIST = "modules.json"
SETTINGS = "config_sentence_transformers.json"
WEIGHTS = "model.safetensors"
POOLINGS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
"""In the order in which several are put behind each other."""

OF_TOKENS, OF_TEXT = "token_embeddings", "sentence_embedding"
"""What sentence-transformers calls the hidden states, and the vector made of them."""

Kind = Literal["Pooling", "Dense", "LayerNorm", "Normalize"]

_SETTINGS_OF_TOKENS = (
    "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_camembert_config.json", "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json",
)  # fmt: skip
_NAMESPACE = "sentence_transformers."
_INFERENCE_LEAVES_OUT = "Dropout"
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
WIDTHS = ("embedding_dimension", "word_embedding_dimension")
"""What the numbers of a hidden state are called, of a pooling; the second is older."""
_TAKES: Mapping[str, frozenset[str]] = {
    "Pooling": frozenset({*_FLAGS, *WIDTHS, "pooling_mode", "include_prompt"}),
    "Dense": frozenset({
        "in_features", "out_features", "bias", "activation_function", "module_input_name",
        "module_output_name",
    }),
    "LayerNorm": frozenset({"dimension"}),
    "Normalize": frozenset(),
}  # fmt: skip
_CHANGES_NOTHING = {"unpad_inputs", "backend"}
_READS_TEXT = {"method": "forward", "method_output_name": "last_hidden_state"}
_ACTIVATIONS = {
    "torch.nn.modules.activation": (
        "CELU", "ELU", "GELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
        "Mish", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh",
        "Tanhshrink",
    ),
    "torch.nn.modules.linear": ("Identity",),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step on the way from hidden states to a vector.

    Args:
        kind: What it does, by the name of sentence-transformers' class.
        path: Its folder, in that of the declaration.
        config: What its folder says of it.
    """

    kind: Kind
    path: str = ""
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def poolings(self) -> tuple[str, ...]:
        """Of a pooling: its ways, the vectors of which are put behind each other."""
        if mode := self.config.get("pooling_mode"):
            return (mode,) if isinstance(mode, str) else tuple(mode)
        return tuple(mode for flag, mode in _FLAGS.items() if self.config.get(flag)) or ("mean",)

    @property
    def width(self) -> int:
        """Of a pooling: the numbers of a hidden state; 0 where it is not said."""
        return int(next((self.config[name] for name in WIDTHS if name in self.config), 0))

    @property
    def activation(self) -> str:
        """Of a dense layer: the name of its activation in ``torch.nn``."""
        return str(self.config.get("activation_function", "Tanh")).rpartition(".")[2]

    @property
    def reads(self) -> str:
        """Which of the features it takes: those of the tokens, of the text, or named ones."""
        if self.kind == "Pooling":
            return OF_TOKENS
        return str(self.config.get("module_input_name") or OF_TEXT)

    @property
    def writes(self) -> str:
        """Which of the features it makes."""
        if self.kind == "Pooling":
            return OF_TEXT
        return str(self.config.get("module_output_name") or self.reads)

    @property
    def has_weights(self) -> bool:
        """Whether there is a file of weights in its folder."""
        return self.kind in ("Dense", "LayerNorm")


@dataclass(frozen=True)
class Sentences:
    """What a checkpoint declares of its vectors.

    Args:
        folder: The folder with the declaration.
        steps: What is done to the hidden states, in order.
        max_tokens: Tokens that a text is cut to; None for what the tokenizer and the model take.
        lower_case: Whether texts are made lower case first.
        prompts: Texts that go before a text, by name.
        default_prompt: The one that does where nobody names one.
        dimensions: Numbers that a vector is cut to.
    """

    folder: Path
    steps: tuple[Step, ...]
    max_tokens: int | None = None
    lower_case: bool = False
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    default_prompt: str | None = None
    dimensions: int | None = None

    @classmethod
    def read(cls, folder: Path, task: str) -> "Sentences | None":
        """Read what a folder declares.

        Args:
            folder: A checkpoint, or the folder of a saved model that has the same files.
            task: The transformers pipeline task that its model must be for.

        Returns:
            The declaration; None where there is none.

        Raises:
            Undeclared: It names a module, or says of one, what is not known here.
        """
        if not (folder / LIST).is_file():
            return None
        listed = read_json(folder / LIST, list)
        of_tokens = _settings_of_tokens(folder, task)
        settings = read_json(folder / SETTINGS, dict) if (folder / SETTINGS).is_file() else {}
        kind = settings.get("model_type", "SentenceTransformer")
        if kind != "SentenceTransformer":
            raise Undeclared(f"{SETTINGS} says that it is a {kind}")
        insist_on_kinds(SETTINGS, settings, {"prompts": dict, "truncate_dim": int})
        prompts = {"query": "", "document": "", **(settings.get("prompts") or {})}
        default = settings.get("default_prompt_name")
        if default is not None and default not in prompts:
            raise Undeclared(f"the default prompt {default!r} of {SETTINGS} is none of its prompts")
        return cls(
            folder=folder,
            steps=tuple(_steps(folder, listed)),
            max_tokens=of_tokens.get("max_seq_length"),
            lower_case=bool(of_tokens.get("do_lower_case")),
            prompts={name: str(text or "") for name, text in prompts.items()},
            default_prompt=default,
            dimensions=settings.get("truncate_dim"),
        )

    @property
    def files(self) -> Iterator[str]:
        """The files that make up the declaration, weights apart, by their path in the folder."""
        named = [LIST, SETTINGS, *_SETTINGS_OF_TOKENS]
        named += [f"{step.path}/config.json" for step in self.steps if step.path]
        return (name for name in named if (self.folder / name).is_file())

    def __str__(self) -> str:
        """Say in a few words what becomes of a text."""
        said = [_said(step) for step in self.steps]
        said += [f"the first {self.dimensions} numbers"] if self.dimensions else []
        said += [f"{self.max_tokens} tokens at most"] if self.max_tokens else []
        said += ["lower case"] if self.lower_case else []
        if named := [name for name, text in self.prompts.items() if text]:
            said.append(f"prompts {', '.join(named)}")
        said += [f"{self.default_prompt} by default"] if self.default_prompt else []
        return ", ".join(said)


def _said(step: Step) -> str:
    match step.kind:
        case "Pooling":
            without = "" if step.config.get("include_prompt", True) else " without the prompt"
            return f"{' + '.join(step.poolings)} pooling{without}"
        case "Dense":
            sizes = f"{step.config['in_features']} to {step.config['out_features']}"
            return f"dense {sizes} ({step.activation})"
        case "LayerNorm":
            return "layer norm"
        case "Normalize":
            return "normalised"


def _steps(folder: Path, listed: list[Any]) -> Iterator[Step]:
    features = {OF_TOKENS}
    for number, entry in enumerate(listed):
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise Undeclared(f"{LIST} is a list of modules with a `type` each")
        kind, path = str(entry["type"]).rpartition(".")[2], str(entry.get("path") or "")
        if number == 0:
            _insist_on_transformer(entry["type"], kind, path)
        elif kind != _INFERENCE_LEAVES_OUT:
            step = _step(folder, entry["type"], kind, path)
            if step.reads not in features:
                raise Undeclared(
                    f"{path or kind} of {LIST} takes {step.reads}, which nothing makes"
                )
            features.add(step.writes)
            yield step
    if OF_TEXT not in features:
        raise Undeclared(f"{LIST} names no Pooling")


def _insist_on_transformer(name: str, kind: str, path: str) -> None:
    if kind != "Transformer" or not name.startswith(_NAMESPACE):
        raise Undeclared(f"{LIST} begins with {name}, and not with a Transformer")
    if path not in ("", "."):
        raise Undeclared(f"the Transformer of {LIST} lies in {path}, and not beside it")


def _step(folder: Path, name: str, kind: str, path: str) -> Step:
    if kind not in _TAKES or not name.startswith(_NAMESPACE):
        known = ", ".join(("Transformer", *_TAKES, _INFERENCE_LEAVES_OUT))
        raise Undeclared(f"{LIST} names the module {name}; known are {known}")
    if path.startswith("/") or ".." in Path(path).parts:
        raise Undeclared(f"{LIST} names the path {path!r}, which leads out of its folder")
    file = folder / path / "config.json"
    if kind == "Normalize":
        return Step("Normalize", path)
    if not path or not file.is_file():
        raise Undeclared(f"{path}/config.json, which {LIST} needs, is missing")
    step = Step(kind, path, read_json(file, dict))  # pyright: ignore[reportArgumentType]
    if unknown := sorted(step.config.keys() - _TAKES[kind]):
        raise Undeclared(f"{path}/config.json says {', '.join(unknown)}, which {kind} has not")
    _insist_on_values(step)
    return step


def _insist_on_values(step: Step) -> None:
    sizes = dict.fromkeys((*WIDTHS, "in_features", "out_features", "dimension"), int)
    insist_on_kinds(f"{step.path}/config.json", step.config, {**sizes, "pooling_mode": str | list})
    if step.kind == "Pooling" and (odd := [one for one in step.poolings if one not in POOLINGS]):
        raise Undeclared(f"{step.path} pools by {odd[0]!r}; known are {', '.join(POOLINGS)}")
    if step.kind == "Dense":
        named = step.config.get("activation_function", "torch.nn.modules.activation.Tanh")
        module, _, name = str(named).rpartition(".")
        if name not in _ACTIVATIONS.get(module, ()):
            raise Undeclared(f"{step.path} has the activation {named}, which is not known")
        if not all(isinstance(step.config.get(f"{side}_features"), int) for side in ("in", "out")):
            raise Undeclared(f"{step.path}/config.json says no in_features and out_features")


def _settings_of_tokens(folder: Path, task: str) -> dict[str, Any]:
    """Read how texts become tokens; refuse what would change more than that."""
    found = (
        (name, read_json(folder / name, dict))
        for name in _SETTINGS_OF_TOKENS
        if (folder / name).is_file()
    )
    name, given = next(((name, values) for name, values in found if values), ("", {}))
    insist_on_kinds(name, given, {"max_seq_length": int, "modality_config": dict})
    modalities = given.pop("modality_config", {"text": _READS_TEXT})
    if modalities.get("text") != _READS_TEXT or "message" in modalities:
        raise Undeclared(f"{name} has texts go another way than through the model's hidden states")
    if given.pop("module_output_name", OF_TOKENS) != OF_TOKENS:
        raise Undeclared(f"{name} has the model give no hidden states")
    if (other := given.pop("transformer_task", task)) != task:
        raise Undeclared(f"{name} is of a model for {other}")
    known = {"max_seq_length", "do_lower_case", *_CHANGES_NOTHING}
    if unknown := sorted({key for key, value in given.items() if value} - known):
        raise Undeclared(f"{name} says {', '.join(unknown)}, which is not known")
    return given
