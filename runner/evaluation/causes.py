"""The likely cause of an answer that is not the source's, by what differs between their files."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlflow.models import Model
from transformers import AutoConfig, GenerationConfig

from runner.errors import raise_if_ours
from runner.evaluation.rows import say
from runner.evaluation.source import LOADERS, Origin, load_component
from runner.evaluation.weights import differing_weights
from runner.packaging.adapter import FOLDER as ADAPTER
from runner.pyfunc.sentences import FOLDER
from runner.recipe.language.models import Recipe
from runner.sources.checkpoint.safetensors_header import ADAPTER_FILE, INDEX_FILE, SINGLE_FILE

_WRITTEN_ANEW = {
    "architectures", "dtype", "torch_dtype", "transformers_version", "_name_or_path",
    "_from_model_config", "auto_map", "processor_class", "name_or_path",
}  # fmt: skip
_OF_TOKENIZERS = (
    "padding_side", "truncation_side", "model_max_length", "chat_template", "special_tokens_map",
    "src_lang", "tgt_lang",
)  # fmt: skip
_SET_BY_CALLS = ("padding", "truncation", "version")
_GENERATION = "generation_config.json"
_WEIGHTS = (SINGLE_FILE, INDEX_FILE)


def likely_cause(recipe: Recipe, origin: Origin, model: Path, view: str, dtype: str) -> str:
    """Say what most likely makes a saved model answer otherwise than its source.

    Args:
        recipe: The recipe.
        origin: Where the source is.
        model: The saved model.
        view: ``native``, ``pyfunc`` or ``isolated``.
        dtype: dtype that the source ran in.
    """
    source, saved = origin.checkpoints["model"].folder, model / "model"
    weights = () if recipe.merge else differing_weights(source, saved, _WEIGHTS)
    looked_at = (
        _configuration(recipe, source, saved),
        _generation(source, saved),
        _components(recipe, origin, model),
        _description(recipe, model, view, dtype),
        weights,
        _adapter(origin, model),
        _vectors(source, model / FOLDER),
    )
    if found := [said for differences in looked_at for said in _as_far_as_read(differences)]:
        return "; ".join(found)
    if recipe.contract.chat_template and recipe.prompt_template is None:
        return "the prompt template made of the tokenizer's chat template"
    if view != "native":
        return "the inference code: its defaults, truncation or padding"
    return "the adapter" if recipe.adapter else f"the dtype ({recipe.dtype}) or the way of loading"


def _as_far_as_read(differences: Iterable[str]) -> Iterator[str]:
    """Give differences until a library cannot read a file of either side."""
    try:
        yield from differences
    except Exception as error:
        raise_if_ours(error)
        yield f"what cannot be read: {say(error)}"


def _configuration(recipe: Recipe, source: Path, saved: Path) -> Iterator[str]:
    if (source / "config.json").is_file() and (saved / "config.json").is_file():
        fields, trusted = recipe.load.config_fields, recipe.trust_remote_code
        ours, theirs = (
            AutoConfig.from_pretrained(str(folder), trust_remote_code=trusted, **asked).to_dict()
            for folder, asked in ((saved, {}), (source, fields))
        )
        yield from _keys("config.json", ours, theirs)


def _generation(source: Path, saved: Path) -> Iterator[str]:
    if not (source / _GENERATION).is_file() or not saved.is_dir():
        return
    if not (saved / _GENERATION).is_file():
        yield f"{_GENERATION} is lost"
        return
    ours, theirs = (
        GenerationConfig.from_pretrained(str(folder)).to_dict() for folder in (saved, source)
    )
    yield from _keys(_GENERATION, ours, theirs)


def _components(recipe: Recipe, origin: Origin, model: Path) -> Iterator[str]:
    """Compare tokenizers and the like as both sides load them."""
    for name in LOADERS:
        folder = model / "components" / name
        if folder.is_dir():
            theirs = load_component(name, recipe, origin.checkpoints)
            ours = type(theirs).from_pretrained(
                str(folder), trust_remote_code=recipe.trust_remote_code
            )
            described = _of_tokenizer if name == "tokenizer" else _of_processor
            yield from _keys(f"the {name}", described(ours), described(theirs))


def _of_tokenizer(tokenizer: Any) -> dict[str, Any]:
    facts = {name: getattr(tokenizer, name, None) for name in _OF_TOKENIZERS}
    backend = getattr(tokenizer, "backend_tokenizer", None)
    cuts = json.loads(backend.to_str()) if backend else {"vocabulary": tokenizer.get_vocab()}
    return facts | {name: how for name, how in cuts.items() if name not in _SET_BY_CALLS}


def _of_processor(processor: Any) -> dict[str, Any]:
    return processor.to_dict()


def _keys(what: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    left, right = _as_read(ours), _as_read(theirs)
    names = sorted(left.keys() | right.keys())
    if differing := [name for name in names if left.get(name) != right.get(name)]:
        yield f"{what} differs in {', '.join(differing)}"


def _as_read(config: Any) -> Any:
    """Give a configuration without what every save writes anew."""
    if not isinstance(config, dict):
        return config
    return {k: _as_read(v) for k, v in config.items() if k not in _WRITTEN_ANEW}


def _description(recipe: Recipe, model: Path, view: str, dtype: str) -> Iterator[str]:
    """Compare what MLmodel says with the recipe."""
    described = Model.load(str(model))
    flavors, metadata = described.flavors, described.metadata or {}
    loaded = str(flavors.get("transformers", {}).get("torch_dtype", dtype))
    if (loaded := loaded.removeprefix("torch.")) != dtype:
        yield f"MLmodel says that it is loaded in {loaded}, its source ran in {dtype}"
    template = recipe.prompt_template
    if template is not None and metadata.get("prompt_template") != template:
        yield "MLmodel has another prompt_template than the recipe"
    if view != "native":
        config = flavors.get("python_function", {}).get("config") or {}
        names = recipe.inference_config
        if lost := [name for name, value in names.items() if config.get(name) != value]:
            yield f"MLmodel has another model_config than the recipe: {', '.join(lost)}"


def _adapter(origin: Origin, model: Path) -> Iterator[str]:
    adapter = origin.checkpoints.get("adapter")
    if adapter is None:
        return
    if not (model / ADAPTER).is_dir():
        yield "the adapter is lost"
    elif "peft_adaptor" not in Model.load(str(model)).flavors.get("transformers", {}):
        yield "MLmodel does not name the adapter"
    else:
        files = (ADAPTER_FILE,)
        yield from differing_weights(
            adapter.folder, model / ADAPTER, files, "the adapter's weights"
        )


def _vectors(source: Path, saved: Path) -> Iterator[str]:
    for file in sorted(saved.rglob("*.json")):
        name = file.relative_to(saved).as_posix()
        if not (source / name).is_file() or (source / name).read_bytes() != file.read_bytes():
            yield f"sentence-transformers declares another {name}"
