"""A structure: a checkpoint of one kind, its recipe, and what transformers itself makes of it."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.checkpoints import build

SHORT = {"max_new_tokens": 4, "do_sample": False}
_KEPT = tempfile.TemporaryDirectory(prefix="structures-")
KEPT = Path(_KEPT.name)
"""Where small checkpoints lie that more than one structure is made of."""
_FITTING: Mapping[str, Mapping[str, Any]] = {
    "convnext": {"num_stages": 2, "hidden_sizes": [8, 16], "depths": [1, 1]},
}
"""What architectures need that look at an image in several sizes."""
_LABELS = {"zero-shot-classification": ["contradiction", "neutral", "entailment"]}
"""What labels are called where their names count."""


@dataclass(frozen=True)
class Made:
    """What a builder made.

    Args:
        folder: The checkpoint.
        recipe: What the recipe says beside its task.
        native: What transformers loads, where that is not the folder by itself: a model, made as
            whoever wrote the checkpoint would load it.
        parts: The folder of its tokenizer and the like, where that is another.
        native_folder: The folder that transformers loads in its place: the same checkpoint, in the
            words of the installed version.
    """

    folder: Path
    recipe: Mapping[str, Any] = field(default_factory=dict)
    native: Callable[[], Any] | None = None
    parts: Path | None = None
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
        said = (self.architecture, self.task, self.layout, self.adapter, self.quantisation)
        return " ".join(filter(None, said))


def local(folder: Path) -> dict[str, str]:
    """The source that is a folder."""
    return {"kind": "local", "path": str(folder)}


def tiny(architecture: str, task: str, **config: Any) -> Path:
    """Give a small random checkpoint, built once: nobody changes it."""
    whole = {**_FITTING.get(architecture, {}), **config}
    return _tiny(architecture, task.partition("_")[0], json.dumps(whole))


@cache
def _tiny(architecture: str, task: str, config: str) -> Path:
    folder = Path(tempfile.mkdtemp(dir=KEPT)) / architecture
    return build(folder, task, architecture, json.loads(config), _LABELS.get(task))


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
        first = tiny(architecture, task, **config)
        other = change(first, folder / "changed")
        return Made(other, recipe or {}, (lambda: native(first, other)) if native else None)

    return Structure(architecture, task, layout, make, refused=refused)
