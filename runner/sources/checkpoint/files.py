"""Which files of a checkpoint a run needs, and their hashes."""

import hashlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from runner.sources.base import Checkpoint, CheckpointFile, SourceContext, Survey, files_of
from runner.sources.checkpoint.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    read_index,
)
from runner.sources.checkpoint.variants import PICKLE, of_variant

_SMALL = (
    "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.spm", "*.vocab", "*.bpe", "*.codes",
    "additional_chat_templates/*.jinja", "README.md", "LICENSE*", "[0-9]_*/config.json",
)  # fmt: skip
_PARTS = ("*_tokenizer/", "*_processor/", "*_extractor/")
"""Folders of the parts that a processor keeps in one of their own, as InstructBLIP's does."""
_PART_FILES = ("*.json", "*.txt", "*.model", "*.jinja")
_MODULE = "[0-9]_*/"
"""Folders of the modules that sentence-transformers puts behind a model."""


def is_small(name: str) -> bool:
    """Say whether a file is configuration, tokenizer, model card and the like, not weights.

    Args:
        name: Path in the checkpoint.
    """
    of_parts = (folder + file for folder in _PARTS for file in _PART_FILES)
    patterns = (*_SMALL, *of_parts)
    return any(fnmatch(name, p) and name.count("/") == p.count("/") for p in patterns)


def is_code(name: str) -> bool:
    """Say whether a file is code that comes with a checkpoint.

    Args:
        name: Path in the checkpoint.
    """
    return name.endswith(".py") and "/" not in name


def weights_of_modules(names: Iterable[str], *, allow_pickle: bool = False) -> list[str]:
    """Choose the weights of the modules that sentence-transformers puts behind a model.

    Args:
        names: Paths in the checkpoint.
        allow_pickle: Whether pickle files may be read; one counts where it is the only one.
    """
    there = {name for name in names if fnmatch(name, f"{_MODULE}*") and name.count("/") == 1}
    folders = sorted({name.partition("/")[0] for name in there})
    files = (SINGLE_FILE, PICKLE) if allow_pickle else (SINGLE_FILE,)
    found = ([f"{folder}/{f}" for f in files if f"{folder}/{f}" in there] for folder in folders)
    return [chosen[0] for chosen in found if chosen]


def survey_of(checkpoint: Checkpoint, context: SourceContext) -> Survey:
    """Take a checkpoint that lies on this machine as it is, and of its files what a run needs.

    Args:
        checkpoint: The checkpoint.
        context: Where things are.
    """
    return Survey(checkpoint, needed_files(checkpoint.folder, checkpoint.gguf, context))


def needed_files(folder: Path, gguf: str, context: SourceContext) -> tuple[CheckpointFile, ...]:
    """List the files of a folder that a run needs; there may be others, and other forms of them.

    Args:
        folder: A checkpoint folder on this machine.
        gguf: Name of the GGUF file in it; empty for safetensors.
        context: The run it is for.

    Returns:
        Those that are there, sorted by name.

    Raises:
        SourceError: The index of its shards is corrupt.
    """
    weights = {gguf} if gguf else set(_weights(folder, context))
    if context.component == "model" and context.task.sentence_modules:
        weights |= {*weights_of_modules(file.name for file in files_of(folder))}
    trusted = context.trust_remote_code
    return tuple(
        file
        for file in files_of(folder)
        if is_small(file.name) or file.name in weights or (trusted and is_code(file.name))
    )


def _weights(folder: Path, context: SourceContext) -> Iterable[str]:
    if context.component == "adapter":
        return [ADAPTER_FILE]
    if context.component != "model":
        return []
    single, index = (of_variant(n, context.variant) for n in (SINGLE_FILE, INDEX_FILE))
    if not any((folder / name).is_file() for name in (single, index)):
        single, index = SINGLE_FILE, INDEX_FILE
    if (folder / single).is_file() or not (folder / index).is_file():
        return [single]
    return read_index(folder / index).values()


def sha256_of(file: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal.

    Args:
        file: An existing file.
    """
    with file.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()


def hashed(folder: Path, files: Iterable[CheckpointFile]) -> Iterator[tuple[str, int, str]]:
    """Give name, size in bytes and SHA-256 of files; an empty hash for one that is not here.

    Args:
        folder: The checkpoint folder.
        files: Files of it; what their source says of their hash counts.
    """
    for file in files:
        known = file.sha256 or (sha256_of(folder / file.name) if file.here else "")
        yield file.name, file.size, known
