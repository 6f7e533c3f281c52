"""Contents of the working tree, named as git names them."""

import hashlib
import os
from pathlib import Path

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
_PIECE = 2**20
_SHA256 = 64


def blob_of(file: Path, known: str) -> str:
    """Name the content of a file, as git does.

    No filter runs. A file that git LFS keeps is known by its pointer, which is written anew here.

    Args:
        file: The file.
        known: What the index has for it; empty for nothing.

    Returns:
        The name; what the index has where the file is a link, a submodule, or kept by LFS and
        unchanged; empty where there is no file.

    Source: the git manual, ``gitformat-pack`` and "Git Objects"; the Git LFS specification.
    """
    if not os.path.lexists(file):
        return ""
    if file.is_symlink() or not file.is_file():
        return known
    algorithm = "sha256" if len(known) == _SHA256 else "sha1"
    size = file.stat().st_size
    named = hashlib.new(algorithm, f"blob {size}\0".encode(), usedforsecurity=False)
    plain = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            named.update(piece)
            plain.update(piece)
    pointer = _POINTER.format(plain.hexdigest(), size).encode()
    kept = hashlib.new(
        algorithm, f"blob {len(pointer)}\0".encode() + pointer, usedforsecurity=False
    )
    return known if kept.hexdigest() == known else named.hexdigest()
