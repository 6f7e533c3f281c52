"""Files of a side written into a folder, where a repository says what it likes of their names.

What cannot be written, or would lead out of the folder, is left out with a word.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from runner.review.calling import GitError

LINK = "120000"
SUBMODULE = "160000"
_FILES = ("100644", "100755")
_KINDS = ("blob", "commit")
_DEEPEST = 100
_NOT_HERE = (
    errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ, errno.ELOOP,
    errno.EACCES, errno.ENOENT,
)  # fmt: skip
_ASTRAY = "a link that leads out of the repository"


@dataclass(frozen=True)
class Entry:
    """A file, link or submodule of a commit or of the index.

    Args:
        mode: Its mode, as git has it.
        blob: The name of its content; the commit of a submodule.
        path: Its path from the top.
    """

    mode: str
    blob: str
    path: str


@dataclass(frozen=True)
class Note:
    """Something of a side that the review leaves out.

    Args:
        path: Its path from the top.
        why: What it is, as a phrase.
    """

    path: str
    why: str


def entries(listed: bytes) -> Iterator[Entry]:
    """Read what ``git ls-tree -z`` or ``git ls-files --stage -z`` lists.

    Args:
        listed: Their output.
    """
    for line in listed.split(b"\0"):
        head, _, name = line.partition(b"\t")
        path = os.fsdecode(name)
        if not path or {"..", ".git", ""} & set(path.split("/")):
            continue
        mode, second, third = head.decode().split(" ")
        if mode in (*_FILES, LINK, SUBMODULE):
            yield Entry(mode, third if second in _KINDS else second, path)


def is_in(path: str, folder: str) -> bool:
    """Tell whether a path is a folder, or lies in it.

    Args:
        path: A path from the top.
        folder: Another; ``.`` for the top itself.
    """
    return bool(path) and (folder in (".", path) or path.startswith(f"{folder}/"))


def with_those_above(folder: str) -> list[str]:
    """Give a folder and those it lies in, without the top.

    Args:
        folder: A path from the top; empty for the top itself.
    """
    steps = folder.split("/") if folder else []
    return ["/".join(steps[:count]) for count in range(1, len(steps) + 1)]


def blob(stream: IO[bytes]) -> Iterator[bytes]:
    """Read one content that ``git cat-file --batch`` gives.

    Args:
        stream: Its output.

    Raises:
        GitError: It has none.
    """
    header = stream.readline().decode().split()
    if len(header) != 3:
        raise GitError(f"git has no content for {' '.join(header) or 'a file'}", "Try git fsck.")
    left = int(header[2])
    while left:
        piece = stream.read(min(left, 2**20))
        if not piece:
            raise GitError("git cat-file ended early", "Try git fsck.")
        left -= len(piece)
        yield piece
    stream.read(1)


def unwritable(path: str) -> Note | None:
    """Say why no file can have a path; None where one can.

    Args:
        path: Its path from the top.
    """
    if path.count("/") > _DEEPEST:
        return Note(path, f"more than {_DEEPEST} folders deep")
    if os.fsencode(path).decode(errors="replace") != path:
        return Note(path, "its name is not UTF-8")
    return None


def write(tree: Path, path: str, content: Iterable[bytes]) -> Note | None:
    """Write a file.

    Args:
        tree: The folder.
        path: The file's path in it.
        content: What it holds; read to its end in any case.

    Returns:
        Why it cannot be written; None where it is.
    """
    pieces, note = iter(content), None
    try:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        with (tree / path).open("wb") as opened:
            opened.writelines(pieces)
    except OSError as error:
        note = _left_out(path, error)
    for _ in pieces:
        pass
    return note


def link_all(tree: Path, links: Mapping[str, str]) -> Iterator[Note]:
    """Make links, of which those stay that lead to somewhere in the tree.

    Args:
        tree: The folder, its path without links.
        links: Targets by the path of the link; every file is written already.

    Yields:
        What became of those that do not stay.
    """
    made: list[str] = []
    for path, target in links.items():
        if "\0" in target or not target:
            yield Note(path, "a link to what is no path")
        elif target.startswith("/") or _leads_up(path, target):
            yield Note(path, _ASTRAY)
        elif os.path.realpath((tree / path).parent) != str((tree / path).parent):
            yield Note(path, "it lies beyond a link")
        else:
            try:
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                (tree / path).symlink_to(target)
                made.append(path)
            except OSError as error:
                yield _left_out(path, error)
    yield from _without_astray(tree, made)


def _leads_up(path: str, target: str) -> bool:
    return os.path.normpath(PurePosixPath(path).parent / target).split("/")[0] == ".."


def _without_astray(tree: Path, made: Sequence[str]) -> Iterator[Note]:
    """Take links away again that lead out of the tree by way of others."""
    ends = {path: Path(os.path.realpath(tree / path)) for path in made}
    for path, end in ends.items():
        if not end.is_relative_to(tree):
            (tree / path).unlink()
            yield Note(path, _ASTRAY)


def _left_out(path: str, error: OSError) -> Note:
    if error.errno not in _NOT_HERE:
        raise error
    return Note(path, f"it cannot be written: {error.strerror}")
