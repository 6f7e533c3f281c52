"""Which files of a checkpoint a run needs, and their hashes."""

import hashlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from runner.sources.base import CheckpointFile, SourceContext, files_of
from runner.sources.checkpoint.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    read_index,
)
from runner.sources.checkpoint.variants import of_variant

_SMALL = (
    "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.spm", "*.vocab", "*.bpe", "*.codes",
    "additional_chat_templates/*.jinja", "README.md", "LICENSE*",
)  # fmt: skip


def is_small(name: str) -> bool:
    """Say whether a file is configuration, tokenizer, model card and the like, not weights.

    Args:
        name: Path in the checkpoint.
    """
    return any(fnmatch(name, p) and name.count("/") == p.count("/") for p in _SMALL)


def is_code(name: str) -> bool:
    """Say whether a file is code that comes with a checkpoint.

    Args:
        name: Path in the checkpoint.
    """
    return name.endswith(".py") and "/" not in name


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
