"""The requirements of a model: what is installed and used, read from metadata, never guessed."""

from packaging.requirements import Requirement

from runner.machine.libraries import installed
from runner.packaging.blueprint import Blueprint
from runner.packaging.remote_code import packages_of
from runner.pyfunc.settings import MAP
from runner.recipe.language.models import Recipe
from runner.tasks import Task
from runner.tasks.media import MEDIA

_BASE = ("mlflow", "torch", "transformers")


def requirements(parts: Blueprint, recipe: Recipe) -> list[str]:
    """Compute the requirement lines of a model.

    Args:
        parts: The parts that will be loaded again.
        recipe: The recipe; a line of its own that names a package computed here replaces it.

    Returns:
        Requirement lines, sorted, pinned to the installed versions without local labels such as
        ``+cpu``, which no package index carries.
    """
    names = [*_BASE, *_tokenizer_packages(parts), *_packages_of(parts.task)]
    names += ["peft"] if parts.adapter else []
    names += ["accelerate"] if recipe.inference_config.get("device") == MAP else []
    names += _quantiser_packages(parts)
    names += packages_of(parts.checkpoint.folder) if parts.code else []
    pins = {name: f"{name}=={installed(name)}" for name in names if installed(name)}
    for line in recipe.requirements.extra:
        pins[Requirement(line).name] = line
    return sorted(pins.values())


def _tokenizer_packages(parts: Blueprint) -> list[str]:
    """A slow SentencePiece tokenizer cannot be read without its libraries."""
    tokenizer = parts.components.get("tokenizer")
    if tokenizer is None or getattr(tokenizer, "is_fast", True):
        return []
    files = getattr(tokenizer, "vocab_files_names", {}).values()
    return ["sentencepiece", "protobuf"] if any("spiece" in f or "spm" in f for f in files) else []


def _quantiser_packages(parts: Blueprint) -> list[str]:
    """Quantised weights are read by a package of their method, and placed by accelerate."""
    if parts.quantised is None:
        return []
    return ["accelerate", *(parts.quantised.method.packages if parts.quantised.method else [])]


def _packages_of(task: Task) -> list[str]:
    """What a task needs, and what decodes its files; the system may have that in another way."""
    return [*task.libraries.values(), *(MEDIA[medium].decoder for medium in task.media)]
