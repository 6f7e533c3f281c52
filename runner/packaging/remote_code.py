"""Code that a checkpoint brings along: found, hashed and kept with the model. Never run by this."""

import shutil
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from runner.errors import SourceError
from runner.sources import Checkpoint
from runner.sources.checkpoint.files import sha256_of
from runner.sources.checkpoint.untrusted import read_json
from runner.upstream.transformers_api import imported_by

_NAMES = ("config.json", "tokenizer_config.json", "preprocessor_config.json",
          "processor_config.json")  # fmt: skip
_ELSEWHERE = "--"
"""What ``auto_map`` writes between a repository and a class in it."""


def code_of(folder: Path) -> dict[str, str]:
    """Hash the code files of a checkpoint.

    Args:
        folder: The checkpoint folder.

    Returns:
        SHA-256 by file name; nothing where its configuration names no code.

    Raises:
        SourceError: The configuration names code of another repository, which no commit pins.
    """
    classes = list(_classes(folder))
    if elsewhere := [name for name in classes if _ELSEWHERE in name]:
        raise SourceError(
            f"{folder} takes its code from {elsewhere[0].partition(_ELSEWHERE)[0]}, another "
            "repository, which no commit pins",
            "Take a checkpoint that holds its own code, or copy the code beside it.",
        )
    files = sorted(folder.glob("*.py")) if classes else []
    return {file.name: sha256_of(file) for file in files}


def has_code(folder: Path) -> bool:
    """Say whether a checkpoint's configuration names code of its own.

    Args:
        folder: The checkpoint folder.
    """
    return any(_classes(folder))


def needs_code(checkpoint: Checkpoint) -> SourceError:
    """Give the error for a checkpoint whose code is not trusted.

    Args:
        checkpoint: The checkpoint.
    """
    return SourceError(
        f"{checkpoint.name} is a model whose code comes with it, and the recipe does not trust it",
        "Read its *.py files; if they are what you want to run, write `trust_remote_code: true`.",
    )


def copy_code(source: Path, target: Path) -> None:
    """Copy the code files of a checkpoint, as they were hashed.

    Args:
        source: The checkpoint folder.
        target: Where to.
    """
    for name in code_of(source):
        shutil.copyfile(source / name, target / name)


def packages_of(folder: Path) -> list[str]:
    """Give the distributions that the code of a checkpoint imports.

    Args:
        folder: The checkpoint folder.
    """
    providers = packages_distributions()
    modules = {module for name in code_of(folder) for module in imported_by(folder / name)}
    return sorted({providers[module][0] for module in modules if module in providers})


def _classes(folder: Path) -> Iterator[str]:
    for name in _NAMES:
        for found in _auto_map(folder / name).values():
            names: list[Any] = found if isinstance(found, list) else [found]
            yield from (str(one) for one in names if one)


def _auto_map(file: Path) -> Mapping[str, Any]:
    try:
        values: Any = read_json(file)
    except (OSError, ValueError):
        return {}
    found: Any = values.get("auto_map") if isinstance(values, dict) else None
    return found if isinstance(found, dict) else {}
