"""The small parts of a model: its configuration, and tokenizer, processor and the like."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import transformers
from transformers import PretrainedConfig

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.heard import insist_on_heard, refuse_unheard
from runner.packaging.remote_code import has_code, needs_code
from runner.packaging.tokenizer_words import (
    arguments_for,
    has_words,
    loader_for,
    unknown_class,
)
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.asked_tokens import choose_template, hold_to, loading_arguments
from runner.tasks import Task
from runner.tasks.arguments import LOADING
from runner.tasks.base import ComponentName

_WITH_LANGUAGE_MODEL = 'ProcessorWithLM"'
"""How the class of a processor is named that has a language model."""


def read_config(
    checkpoint: Checkpoint, fields: Mapping[str, Any], *, trusted: bool = False
) -> PretrainedConfig:
    """Read the configuration of a checkpoint.

    Args:
        checkpoint: Where it lies; of a GGUF file it is a part.
        fields: What is to be said otherwise than there.
        trusted: Whether code that comes with it may run.

    Raises:
        RecipeError: It has no such field.
        SourceError: It cannot be read.
    """
    config = _read_config(checkpoint, trusted=trusted)
    heard = [name for name in fields if hasattr(config, name)]
    refuse_unheard("model", type(config).__name__, [*heard, *LOADING["model"]], fields)
    for name, value in fields.items():
        setattr(config, name, value)
    return config


def _read_config(checkpoint: Checkpoint, *, trusted: bool) -> PretrainedConfig:
    file = checkpoint.gguf or "config.json"
    arguments: dict[str, Any] = {"gguf_file": checkpoint.gguf} if checkpoint.gguf else {}
    arguments["trust_remote_code"] = trusted
    try:
        return transformers.AutoConfig.from_pretrained(str(checkpoint.folder), **arguments)
    except ImportError as error:
        raise SourceError(
            f"{file} cannot be read: {first_line(error)}", "pip install 'recipe-runner[gguf]'"
        ) from error
    except Exception as error:
        raise_if_ours(error)
        if not trusted and has_code(checkpoint.folder):
            raise needs_code(checkpoint) from error
        raise SourceError(
            f"the {file} of {checkpoint.name} cannot be read: {first_line(error)}",
            f"Look at {checkpoint.folder / file}: it must be whole, and of an architecture that "
            f"transformers {transformers.__version__} knows.",
        ) from error


def read_components(
    recipe: Recipe, checkpoints: Mapping[str, Checkpoint], config: PretrainedConfig
) -> dict[str, Any]:
    """Load tokenizer, feature extractor, image processor or processor.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each component that has its own.
        config: Configuration of the model.

    Raises:
        SourceError: One cannot be loaded.
    """
    task, checkpoint = recipe.contract, checkpoints["model"]
    return {
        name: read_component(name, checkpoints[name], recipe, None)
        if name in checkpoints
        else read_component(name, checkpoint, recipe, config)
        for name in (*task.components, *_optional(task, recipe, checkpoints))
    }


def _optional(
    task: Task, recipe: Recipe, checkpoints: Mapping[str, Checkpoint]
) -> list[ComponentName]:
    """Give the optional components that are there, or asked for."""
    asked = {name for name, arguments in recipe.load if arguments}
    there = {*checkpoints, *asked, *_described(checkpoints["model"].folder)}
    return [name for name in task.optional_components if name in there]


def _described(folder: Path) -> Iterator[ComponentName]:
    """Give the components that have a file in a checkpoint; only what hears has a rate."""
    if (folder / "tokenizer_config.json").is_file():
        yield "tokenizer"
    if (file := folder / "preprocessor_config.json").is_file():
        hears = '"sampling_rate"' in file.read_text(encoding="utf-8", errors="replace")
        yield "feature_extractor" if hears else "image_processor"


def notes_on_parts(checkpoint: Checkpoint) -> Iterator[str]:
    """Tell of what lies beside the parts of a model and goes with none of them.

    Args:
        checkpoint: The checkpoint.

    Yields:
        A sentence each.
    """
    file = checkpoint.folder / "preprocessor_config.json"
    if file.is_file() and _WITH_LANGUAGE_MODEL in file.read_text("utf-8", errors="replace"):
        yield (
            f"{checkpoint.name} brings a language model that chooses among the words heard, which "
            "MLflow's flavor does not store: what is heard is the likeliest by the sound alone"
        )
    if name := unknown_class(checkpoint.folder):
        yield (
            f"transformers {transformers.__version__} has no {name}, which the tokenizer of "
            f"{checkpoint.name} is said to be: its tokenizer.json is taken for all of it"
        )


def read_component(
    name: str, checkpoint: Checkpoint, recipe: Recipe, config: PretrainedConfig | None
) -> Any:
    """Load one component.

    Args:
        name: ``tokenizer``, ``feature_extractor``, ``image_processor`` or ``processor``.
        checkpoint: Where it lies.
        recipe: The recipe, for what it says of its loading.
        config: Configuration of the model, where that is in the same checkpoint.

    Raises:
        SourceError: It cannot be loaded.
    """
    loaders = {
        "tokenizer": loader_for(checkpoint.folder),
        "feature_extractor": transformers.AutoFeatureExtractor,
        "image_processor": transformers.AutoImageProcessor,
        "processor": transformers.AutoProcessor,
    }
    asked: dict[str, Any] = dict(getattr(recipe.load, name))
    known = arguments_for(checkpoint.folder) if name == "tokenizer" else {}
    arguments = known | loading_arguments(asked)
    arguments["trust_remote_code"] = recipe.trust_remote_code
    if checkpoint.gguf and name == "tokenizer":
        arguments["gguf_file"] = checkpoint.gguf
        if config is not None:  # without it, transformers parses the whole file again for it
            arguments["config"] = config
    loader = loaders[name]
    try:
        component = loader.from_pretrained(str(checkpoint.folder), **arguments)
    except Exception as error:
        raise_if_ours(error)
        there = name != "tokenizer" or checkpoint.gguf or has_words(checkpoint.folder)
        reason = first_line(error) if there else "there are no files of its vocabulary"
        raise SourceError(
            f"the {name} of {checkpoint.name} cannot be loaded: {reason}",
            f"Give the recipe a {name} of its own under `components.{name}`, "
            "or mend the checkpoint.",
        ) from error
    choose_template(component, asked, checkpoint.name)
    if name == "tokenizer":
        _insist_on_vocabulary(component, checkpoint)
        hold_to(component, asked)
        if checkpoint.gguf:  # else saving it copies the whole file as that of its vocabulary
            component.vocab_file = None
    insist_on_heard(name, component, asked)
    return component


def _insist_on_vocabulary(tokenizer: Any, checkpoint: Checkpoint) -> None:
    """Refuse what transformers 5 makes where there are no files: a tokenizer of no words."""
    words = {*tokenizer.get_vocab()} - {*tokenizer.all_special_tokens}
    if len(words) <= 1:
        raise SourceError(
            f"the tokenizer of {checkpoint.name} cannot be loaded: it has no vocabulary",
            "Give the recipe a tokenizer of its own under `components.tokenizer`, or mend the "
            "checkpoint.",
        )
