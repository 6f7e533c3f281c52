"""Make the twin of a checkpoint: what is small is its own, the weights are few and random."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import constants
from transformers import CONFIG_MAPPING, PretrainedConfig, PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.blueprint import Blueprint, sketch
from runner.packaging.components import read_component
from runner.packaging.dtypes import choose_dtype
from runner.packaging.forward import run_on_made_up
from runner.packaging.gguf_file import parsed_once
from runner.packaging.impossible import not_initialised
from runner.packaging.meta import empty_model
from runner.packaging.quantised import insist_on_environment, unquantised
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.files import is_code, is_small
from runner.sources.checkpoint.model_classes import text_config
from runner.sources.checkpoint.untrusted import read_json
from runner.sources.scratch.source import make_component
from runner.twins.sentences import put_modules
from runner.twins.shrink import shrunk, with_fewer_layers

_SMALL_ENOUGH = 2_000_000
_LARGEST = 200_000_000
_SPREAD = 0.02
"""Standard deviation of weights, as most classes begin with."""
_CONFIG = "config.json"
_OWN = {_CONFIG, "generation_config.json"}


@dataclass(frozen=True)
class Twin:
    """A small random checkpoint of the same architecture.

    Args:
        folder: Where it lies.
        model: Its model, on the CPU.
        of: Blueprint of the model it stands for.
        how: What makes it smaller, in one phrase.
        made: Components that could not be had and were made on the spot.
    """

    folder: Path
    model: PreTrainedModel
    of: Blueprint
    how: str
    made: tuple[str, ...]


def make_twin(recipe: Recipe, checkpoints: Mapping[str, Checkpoint], folder: Path) -> Twin:
    """Make the twin of a recipe's checkpoint.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of each part; the weights need not be there.
        folder: A new folder for it.

    Returns:
        The twin: vocabulary, labels and generation settings are the checkpoint's own, and so are
        the files of tokenizer and processor.

    Raises:
        SourceError: The checkpoint does not fit the task, or no twin of it can be right.
    """
    with parsed_once(checkpoints["model"].gguf):
        return _make_twin(recipe, checkpoints, folder)


def _make_twin(recipe: Recipe, checkpoints: Mapping[str, Checkpoint], folder: Path) -> Twin:
    checkpoint = checkpoints["model"]
    blueprint = sketch(recipe, checkpoints)
    if blueprint is None:
        raise SourceError(
            f"{checkpoint.gguf} of {checkpoint.name} cannot be rehearsed: its configuration is "
            "inside the file, which a rehearsal does not fetch",
            "Run the recipe, or rehearse it with the repository that the file was made from.",
        )
    if blueprint.quantised:  # by the checkpoint or by the recipe
        insist_on_environment(blueprint.quantised, checkpoint)
    model, how = _smallest(recipe, blueprint)
    folder.mkdir(parents=True)
    made = tuple(_put_components(recipe, checkpoints, model.config, folder))
    if blueprint.sentences:
        width = int(text_config(model.config).hidden_size)
        put_modules(blueprint.sentences, width, folder)
    model.to(dtype=choose_dtype("auto", blueprint.config))
    model.save_pretrained(str(folder))
    _keep_model_type(checkpoint.folder, folder)
    _put_generation(checkpoint.folder, model.config, folder)
    return Twin(folder, model, blueprint, how, made)


def _smallest(recipe: Recipe, blueprint: Blueprint) -> tuple[Any, str]:
    """Make the smallest model of the architecture that runs; one that only can be made, else."""
    checkpoint, config = blueprint.checkpoint, unquantised(blueprint.config)
    wrong, made = "", None
    for shrink, how in _ways(blueprint):
        try:
            model = _random(recipe, blueprint, _read_again(shrink(config)))
        except Exception as error:
            raise_if_ours(error)
            wrong = wrong or first_line(error)
            continue
        try:
            run_on_made_up(model)
        except ValueError as error:
            wrong = wrong or first_line(error)
            made = made or (model, how)
        else:
            return model, how
    if made and not _is_all_it_does(recipe):
        return made
    raise SourceError(
        f"no twin of {checkpoint.name} can be made: a {config.model_type} model does not "
        f"shrink with its layers ({wrong})",
        "Run the recipe; plan says what that needs.",
    )


def _is_all_it_does(recipe: Recipe) -> bool:
    """Say whether a forward pass on made-up inputs is the proof itself."""
    example = recipe.input_example if recipe.input_example is not None else {}
    return recipe.contract.forward and not any(recipe.evaluation.inputs or [example])


def _ways(blueprint: Blueprint) -> Iterator[tuple[Callable[[Any], PretrainedConfig], str]]:
    """Give the ways to make a model smaller, the one that makes it smallest first."""
    as_it_is = (copy.deepcopy, "as small as the model itself")
    if blueprint.parameters > _SMALL_ENOUGH:
        yield shrunk, "fewer and narrower layers"
        yield with_fewer_layers, "fewer layers"
    yield as_it_is


def _read_again(config: PretrainedConfig) -> PretrainedConfig:
    """Give a configuration as it will be read from its file."""
    again = type(config).from_dict(config.to_diff_dict())
    again.name_or_path = config.name_or_path  # where code that comes with it is found
    return again


def _random(recipe: Recipe, blueprint: Blueprint, config: PretrainedConfig) -> Any:
    trusted = recipe.trust_remote_code
    empty = empty_model(recipe.contract, config, blueprint.checkpoint, trusted=trusted)
    if (parameters := empty.num_parameters()) > _LARGEST:
        raise ValueError(f"it has {parameters:,} parameters, and no smaller form of it is known")
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.random.default_generator.manual_seed(0)
        return _with_values(type(blueprint.model), config).eval()


def _with_values(model_class: Any, config: PretrainedConfig) -> Any:
    """Make a model as its class begins with it; of one that fails to, with values of our own."""
    try:
        return model_class(config)
    except AttributeError as error:
        raise_if_ours(error)
        with not_initialised():
            model = model_class(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=_SPREAD)
    return model


def _put_components(
    recipe: Recipe, checkpoints: Mapping[str, Checkpoint], config: PretrainedConfig, folder: Path
) -> Iterator[str]:
    """Copy what is small; make what an offline cache lacks. Gives the names of what was made."""
    checkpoint = checkpoints["model"]
    trusted = recipe.trust_remote_code
    for file in checkpoint.folder.rglob("*"):
        name = file.relative_to(checkpoint.folder).as_posix()
        wanted = is_small(name) or (trusted and is_code(name))
        if file.is_file() and wanted and name not in _OWN and not name.endswith(".index.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / name)
    for name in recipe.contract.components:
        if name in checkpoints:
            continue
        try:
            component = read_component(name, checkpoint, recipe, config)
        except SourceError:
            if not (checkpoint.repo and constants.HF_HUB_OFFLINE):
                raise
            yield name
            component = make_component(name, config, recipe.contract)
            component.save_pretrained(str(folder))
            continue
        if checkpoint.gguf:
            component.save_pretrained(str(folder))


def _keep_model_type(source: Path, folder: Path) -> None:
    """Keep the name that the architecture goes by, where a class writes one that nothing reads."""
    written: dict[str, Any] = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    if written["model_type"] in CONFIG_MAPPING or not (source / _CONFIG).is_file():
        return
    said: dict[str, Any] = json.loads((source / _CONFIG).read_text(encoding="utf-8"))
    named = {**written, "model_type": said.get("model_type", written["model_type"])}
    (folder / _CONFIG).write_text(json.dumps(named, indent=2), encoding="utf-8")


def _put_generation(source: Path, config: PretrainedConfig, folder: Path) -> None:
    """Keep how the model generates; heads that are gone can align nothing."""
    file = source / "generation_config.json"
    if not file.is_file():
        return
    values: dict[str, Any] = read_json(file)
    if values.get("alignment_heads"):
        values["alignment_heads"] = [[getattr(config, "decoder_layers", 1) - 1, 0]]
    (folder / file.name).write_text(json.dumps(values, indent=2), encoding="utf-8")
