"""Models and tokenizers loaded once: one in memory serves whoever loads the same the same way.

Points of a sweep that differ in params, template or ``model_config`` load the same model. What
loads it stays what users have: transformers, MLflow, the code inside the model. Only the last call
of all, ``from_pretrained`` of a folder, gives what it gave before, where that is as it was loaded.
"""

import gc
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from runner.machine.memory import free_memory
from runner.packaging.as_loaded import AsLoaded, is_known
from runner.packaging.shared_tokenizers import AsRead, copied
from runner.sources.checkpoint.files import sha256_of

_MOST = 3
"""Models that are held at once: of the source, natively, and as pyfunc where that is another."""
_SAYS_NOTHING = ("_from_auto", "adapter_kwargs")
_LARGE = (".safetensors", ".bin")
_PLACE = "_name_or_path"
"""Where a configuration was read."""


@dataclass(frozen=True)
class _Tokenizer:
    """A tokenizer that nobody is given, but copies of it that share its inside."""

    as_loaded: Any
    inside: AsRead


@dataclass
class _Memory:
    """The models that are held, by their files and by how they were loaded; the latest last."""

    held: dict[tuple[str, str], AsLoaded] = field(default_factory=dict[tuple[str, str], AsLoaded])
    tokenizers: dict[tuple[str, str], _Tokenizer] = field(
        default_factory=dict[tuple[str, str], _Tokenizer]
    )

    @property
    def bytes(self) -> int:
        return sum(one.model.get_memory_footprint() for one in self.held.values())

    def give(self, folder: str, way: str, load: Callable[[], Any]) -> Any:
        before = self.held.pop((folder, way), None)
        model = before.as_loaded() if before else None
        if before and model is not None:
            self.held[folder, way] = before
            return model
        del before
        self._make_room()
        model = load()
        if is_known(model):
            self.held[folder, way] = AsLoaded.of(model)
        return model

    def give_tokenizer(self, folder: str, way: str, load: Callable[[], Any]) -> Any:
        before = self.tokenizers.pop((folder, way), None)
        if before is None or not before.inside.restored():
            tokenizer = load()
            inside = AsRead.of(tokenizer)
            if inside is None:
                return tokenizer
            before = _Tokenizer(tokenizer, inside)
        self.tokenizers[folder, way] = before
        if len(self.tokenizers) > _MOST:
            del self.tokenizers[next(iter(self.tokenizers))]
        return copied(before.as_loaded, [before.as_loaded])

    def _make_room(self) -> None:
        """Let go of what was used longest ago, and of everything where memory is short."""
        free = free_memory()
        short = free is not None and free < 2 * self.bytes
        while self.held and (short or len(self.held) >= _MOST):
            del self.held[next(iter(self.held))]
        gc.collect()


_MEMORY: ContextVar[_Memory | None] = ContextVar("models that are held", default=None)


def held_bytes() -> int:
    """Give the bytes of the models that are held; they can be had again."""
    memory = _MEMORY.get()
    return memory.bytes if memory else 0


@contextmanager
def loaded_once() -> Generator[None]:
    """Hold what is loaded to be asked inside, for whoever loads just that again."""
    held = _MEMORY.set(_Memory())
    try:
        yield
    finally:
        _MEMORY.reset(held)


@contextmanager
def shared() -> Generator[None]:
    """Give what is held to whoever loads a model inside, where :func:`loaded_once` is around."""
    memory = _MEMORY.get()
    if memory is None:
        yield
        return
    tokenizers = _loaded_by(PreTrainedTokenizerBase, memory.give_tokenizer)
    with _loaded_by(PreTrainedModel, memory.give), tokenizers:
        yield


@contextmanager
def _loaded_by(loader: Any, give: Callable[[str, str, Callable[[], Any]], Any]) -> Generator[None]:
    """Let somebody give what a class of transformers loads from a folder."""
    theirs = loader.__dict__["from_pretrained"]

    def from_pretrained(cls: type, name: Any, *rest: Any, **how: Any) -> Any:
        def load() -> Any:
            return theirs.__get__(None, cls)(name, *rest, **how)

        way = None if rest else _way(cls, how)
        if way is None or not isinstance(name, str | Path) or not Path(name).is_dir():
            return load()
        return give(_identity(Path(name)), way, load)

    loader.from_pretrained = classmethod(from_pretrained)
    try:
        yield
    finally:
        loader.from_pretrained = theirs


def _identity(folder: Path) -> str:
    """Tell the files of a folder from others: large ones by what the disk says, others by content.

    Hard links of a file are that file.
    """
    said: list[Any] = []
    for file in sorted(path for path in folder.iterdir() if path.is_file()):
        if file.name.startswith("."):
            continue
        stat = file.stat()
        large = file.suffix in _LARGE or file.suffix == ".gguf"
        content = [stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns]
        said.append([file.name, content if large else sha256_of(file)])
    return json.dumps(said)


def _way(cls: type, how: dict[str, Any]) -> str | None:
    """Say how something is loaded; None where it gives more than the model, or gets its weights."""
    if how.get("output_loading_info") or how.get("state_dict") is not None:
        return None
    said = {k: v for k, v in how.items() if v is not None and k not in _SAYS_NOTHING}
    dtype = said.pop("torch_dtype", None)
    if dtype is not None:
        said["dtype"] = dtype
    if config := said.pop("config", None):
        told = config.to_dict() if hasattr(config, "to_dict") else {"config": repr(config)}
        said["config"] = {name: value for name, value in told.items() if name != _PLACE}
    if "dtype" in said:
        said["dtype"] = str(said["dtype"]).removeprefix("torch.")
    return f"{cls.__module__}.{cls.__qualname__} {json.dumps(said, sort_keys=True, default=repr)}"
