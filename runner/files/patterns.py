"""Several files under one name: ``data/train-*.parquet``; ``*`` and ``?`` stand within a part."""

import glob
import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path


def is_pattern(path: str) -> bool:
    """Say whether a path names whichever files are called so.

    Args:
        path: As a recipe has it.
    """
    return "*" in path or "?" in path


def files_like(folder: Path, pattern: str) -> tuple[Path, ...]:
    """Give the files of this machine that a pattern names, in the order of their names.

    Args:
        folder: What a relative pattern is relative to.
        pattern: The pattern.
    """
    found = glob.glob(os.path.expanduser(pattern), root_dir=folder)
    return tuple(sorted(p for name in found if (p := (folder / name).absolute()).is_file()))


def named_like(names: Iterable[str], pattern: str) -> list[str]:
    """Give those of some paths that a pattern names, in their order.

    Args:
        names: Paths, with ``/`` between their parts.
        pattern: The pattern.
    """
    parts = pattern.split("/")
    return sorted(name for name in names if _fits(name.split("/"), parts))


def fixed_part(pattern: str) -> str:
    """Give the folder that all files of a pattern are below; ``.`` where it names none.

    Args:
        pattern: The pattern.
    """
    fixed = takewhile(lambda part: not is_pattern(part), pattern.split("/"))
    return "/".join(fixed) or "."


def _fits(parts: list[str], pattern: list[str]) -> bool:
    both = zip(parts, pattern, strict=False)
    return len(parts) == len(pattern) and all(fnmatchcase(part, like) for part, like in both)
