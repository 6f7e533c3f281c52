"""A structure: a checkpoint of one kind, its recipe, and what transformers itself makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.checkpoints import build

SHORT = {"max_new_tokens": 4, "do_sample": False}


@dataclass(frozen=True)
class Made:
    """What a builder made.

    Args:
        folder: The checkpoint.
        recipe: What the recipe says beside its task.
        native: What transformers loads, where that is not the folder by itself: a model, made as
            whoever wrote the checkpoint would load it.
        native_folder: The folder that transformers loads in its place: the same checkpoint, in the
            words of the installed version.
    """

    folder: Path
    recipe: Mapping[str, Any] = field(default_factory=dict)
    native: Callable[[], Any] | None = None
    native_folder: Path | None = None


@dataclass(frozen=True)
class Structure:
    """A row of docs/checkpoints.md.

    Args:
        architecture: transformers' name of the architecture.
        task: The task.
        layout: The form it comes in, in words.
        make: Builds it below a folder.
        adapter: The adapter on it, in words.
        quantisation: How its weights are quantised, in words.
        refused: What is said where it is refused; empty where its answers are transformers' own.
    """

    architecture: str
    task: str
    layout: str
    make: Callable[[Path], Made]
    adapter: str = ""
    quantisation: str = ""
    refused: str = ""

    @property
    def name(self) -> str:
        """A name for the test."""
        return " ".join(filter(None, (self.architecture, self.task, self.layout, self.adapter)))


def local(folder: Path) -> dict[str, str]:
    """The source that is a folder."""
    return {"kind": "local", "path": str(folder)}


def tiny(
    folder: Path, architecture: str, task: str, labels: list[str] | None = None, **config: Any
) -> Path:
    """Build a small random checkpoint."""
    return build(folder / architecture, task.partition("_")[0], architecture, config, labels)


def changed(
    architecture: str,
    task: str,
    layout: str,
    change: Callable[[Path, Path], Path],
    *,
    recipe: Mapping[str, Any] | None = None,
    refused: str = "",
    native: Callable[[Path, Path], Any] | None = None,
    **config: Any,
) -> Structure:
    """Give the structure that is a small checkpoint in another form.

    Args:
        architecture: Its architecture.
        task: Its task.
        layout: The form, in words.
        change: Copies the checkpoint into another folder, changed.
        recipe: What the recipe says beside.
        refused: What is said where it is refused.
        native: Loads the model as whoever wrote it would, of the first and the changed folder.
        config: Fields of its configuration.
    """

    def make(folder: Path) -> Made:
        first = tiny(folder, architecture, task, **config)
        other = change(first, folder / "changed")
        return Made(other, recipe or {}, (lambda: native(first, other)) if native else None)

    return Structure(architecture, task, layout, make, refused=refused)
