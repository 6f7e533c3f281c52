"""Models that are in memory, written as they are."""

from pathlib import Path
from typing import Any

from transformers import GenerationConfig, PreTrainedModel


def save_loaded(model: PreTrainedModel, folder: Path, **how: Any) -> None:
    """Save a model; its settings of generation, which transformers would judge, apart.

    Args:
        model: The model.
        folder: Folder that gets configuration and weights.
        how: Arguments of ``save_pretrained``.
    """
    if not model.can_generate():
        type(model).save_pretrained(model, folder, **how)
        return
    generation, model.generation_config = model.generation_config, GenerationConfig()
    try:
        type(model).save_pretrained(model, folder, **how)
    finally:
        model.generation_config = generation
    write_generation(generation, folder)


def write_generation(generation: Any, folder: Path) -> None:
    """Write settings as they are: those that contradict each other load and run as well.

    Args:
        generation: The settings of a model.
        folder: Folder that gets them.
    """
    generation.to_json_file(folder / "generation_config.json", use_diff=True)
