"""A task's own example as a model wants it: what is asked where a recipe names no input."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.tasks import Task

_LOADERS = {"tokenizer": "AutoTokenizer", "processor": "AutoProcessor"}


def example_for(task: Task, components: Mapping[str, Any], config: Any) -> Any:
    """Give a task's own example, with the special tokens and marks that a model has.

    Args:
        task: The task.
        components: The model's components, by name.
        config: Its configuration.
    """
    example = (
        task.in_words_of(task.example, components, config) if task.in_words_of else task.example
    )
    if isinstance(example, str):
        for name, written in task.special_tokens.items():
            token = getattr(components.get("tokenizer"), name, None)
            example = example.replace(written, token or written)
    return example


def example_for_saved(task: Task, model: Path) -> Any:
    """Give a task's own example for a packaged model.

    Args:
        task: The task.
        model: The model folder; where it does not have its configuration and components, or these
            cannot be read, the example is as it is written.
    """
    if not (task.in_words_of or task.special_tokens):
        return task.example
    import transformers

    folders = {name: model / "components" / name for name in _LOADERS}
    try:
        components = {
            name: getattr(transformers, _LOADERS[name]).from_pretrained(
                str(folder), trust_remote_code=False
            )
            for name, folder in folders.items()
            if folder.is_dir()
        }
        config = transformers.AutoConfig.from_pretrained(
            str(model / "model"),
            trust_remote_code=False,  # or transformers asks on the terminal
        )
    except (OSError, ValueError):  # the proof says so of the whole model
        return task.example
    return example_for(task, components, config) if components else task.example
