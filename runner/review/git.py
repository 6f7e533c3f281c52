"""Git, read only: revisions by name, and the files of one put into a folder of their own.

Nothing is checked out and no index is written; git is called with fixed arguments, without a shell.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from runner.errors import Exit, RunnerError
from runner.spelling import nearest, one_of

_LINK, _FILE = "120000", ("100644", "100755")
_SHORT = 12
_DEEPEN = "`git fetch --unshallow`"
_HARMLESS = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "core.attributesFile=/dev/null",
)  # fmt: skip


class NotARepositoryError(RunnerError):
    """The working directory is in no git repository."""

    code = "not-a-repository"
    exit = Exit.WRONG_INPUT


class UnknownRevisionError(RunnerError):
    """A revision that the repository does not have."""

    code = "unknown-revision"
    exit = Exit.WRONG_INPUT


class ShallowCloneError(RunnerError):
    """The history that is needed is not in this clone."""

    code = "shallow-clone"
    exit = Exit.WRONG_INPUT


class GitError(RunnerError):
    """Git is missing, or could not do what it was asked."""

    code = "git-failed"
    exit = Exit.OUTSIDE_FAILED


@dataclass(frozen=True)
class Repository:
    """A git repository.

    Args:
        top: Its absolute top folder.
    """

    top: Path

    def commit(self, revision: str) -> str:
        """Give the commit of a branch, tag or other revision.

        Args:
            revision: As the user wrote it.

        Raises:
            UnknownRevisionError: There is none; says what may have been meant.
        """
        asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        done = _git(self.top, *asked)
        if done.returncode == 0:
            return _text(done.stdout)
        known = self._names()
        near = nearest(revision, known)
        last = [name for name in known if name.rsplit("/", 1)[-1] == revision]
        remedy = f"Did you mean {one_of(near or last)}?" if near or last else _remedy(known)
        if self._is_shallow() and not near:
            remedy = f"This clone is shallow: `git fetch origin {revision}`, or {_DEEPEN}."
        raise UnknownRevisionError(f"`{revision}` is no revision of {self.top.name}.", remedy)

    def _names(self) -> list[str]:
        listed = self._run(
            "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"
        )
        return _text(listed).splitlines()

    def merge_base(self, one: str, other: str) -> str | None:
        """Give the commit where two histories parted; None where they have none in common.

        Args:
            one: A commit.
            other: Another.

        Raises:
            ShallowCloneError: The clone is too shallow to tell.
        """
        done = _git(self.top, "merge-base", one, other)
        found = _text(done.stdout) or None
        if found is None and self._is_shallow():
            raise ShallowCloneError(
                "The history is cut off before where the two revisions parted.",
                f"This clone is shallow: {_DEEPEN}.",
            )
        return found

    def _is_shallow(self) -> bool:
        return _text(self._run("rev-parse", "--is-shallow-repository")) == "true"

    def extract(
        self, commit: str, folders: Sequence[str], into: Path, wanted: Callable[[str], bool]
    ) -> None:
        """Write files of a commit into a folder, under the paths they have in the repository.

        Args:
            commit: The commit.
            folders: Paths from the top; the whole tree where one is empty.
            into: An empty folder.
            wanted: Tells by its path whether a file is.
        """
        below = [] if "" in folders else ["--", *folders]
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", commit, *below)
        entries = [entry for entry in _entries(listed) if wanted(entry.path)]
        command = _command(self.top, "cat-file", "--batch")
        with subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        ) as process:
            if process.stdin is None or process.stdout is None:
                raise GitError("git cat-file has no pipes")
            links: dict[str, str] = {}
            for entry in entries:
                process.stdin.write(f"{entry.blob}\n".encode())
                process.stdin.flush()
                if entry.mode == _LINK:
                    links[entry.path] = os.fsdecode(b"".join(_blob(process.stdout)))
                else:
                    _write(into / entry.path, _blob(process.stdout))
            process.stdin.close()
        for path, target in links.items():
            _link(into, path, target)

    def copy_worktree(
        self, folders: Sequence[str], into: Path, wanted: Callable[[str], bool]
    ) -> None:
        """Write files of the working tree into a folder: tracked ones and new ones, not ignored.

        Args:
            folders: Paths from the top; the whole tree where one is empty.
            into: An empty folder.
            wanted: Tells by its path whether a file is.
        """
        below = [] if "" in folders else [f":(top,literal){folder}" for folder in folders]
        asked = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below]
        links: dict[str, str] = {}
        for path in dict.fromkeys(os.fsdecode(name) for name in self._run(*asked).split(b"\0")):
            file = self.top / path
            if not path or not wanted(path):
                continue
            if file.is_symlink():
                links[path] = os.readlink(file)
            elif file.is_file():
                _write(into / path, [file.read_bytes()])
        for path, target in links.items():
            _link(into, path, target)

    def _run(self, *arguments: str) -> bytes:
        done = _git(self.top, *arguments)
        if done.returncode:
            said = _text(done.stderr).splitlines() or [f"exit code {done.returncode}"]
            raise GitError(f"git {arguments[0]} failed: {said[0]}", "Try the same with git itself.")
        return done.stdout


def open_repository(folder: Path) -> Repository:
    """Find the repository around a folder.

    Args:
        folder: Any folder in it.

    Raises:
        NotARepositoryError: There is none, or git does not trust it.
        GitError: There is no git.
    """
    done = _git(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        said = _text(done.stderr).splitlines()
        why = said[0].removeprefix("fatal: ") if said else "git does not say why"
        raise NotARepositoryError(
            f"{folder} is in no git repository: {why}.",
            "Run `review` where the recipes are under version control.",
        )
    return Repository(Path(os.fsdecode(done.stdout.removesuffix(b"\n"))).resolve())


def renames(before: Path, after: Path) -> dict[str, str]:
    """Find the files that were renamed between two folders, as git does: by likeness.

    Args:
        before: A folder.
        after: Another.

    Returns:
        The new path by the old one, relative to the folders.
    """
    asked = ["diff", "--no-index", "--no-ext-diff", "--no-textconv", "--find-renames"]
    asked += ["--diff-filter=R", "--name-status", "-z", "--", str(before), str(after)]
    fields = [os.fsdecode(field) for field in _git(before, *asked).stdout.split(b"\0")]
    found = zip(fields[1::3], fields[2::3], strict=False)
    return {_below(old, before): _below(new, after) for old, new in found}


def short(commit: str) -> str:
    """Shorten a commit for people."""
    return commit[:_SHORT]


@dataclass(frozen=True)
class _Entry:
    mode: str
    blob: str
    path: str


def _entries(listed: bytes) -> Iterator[_Entry]:
    for line in listed.split(b"\0"):
        head, _, name = line.partition(b"\t")
        path = os.fsdecode(name)
        if not path or {"..", ".git", ""} & set(path.split("/")):
            continue
        mode, _, blob = head.decode().split(" ")
        if mode in (*_FILE, _LINK):
            yield _Entry(mode, blob, path)


def _blob(stream: IO[bytes]) -> Iterable[bytes]:
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


def _write(file: Path, content: Iterable[bytes]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        opened.writelines(content)


def _link(tree: Path, path: str, target: str) -> None:
    """Make a link that leads to somewhere in the tree; any other is left out."""
    inside = os.path.normpath(PurePosixPath(path).parent / target)
    if target.startswith("/") or inside.split("/")[0] == "..":
        return
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).symlink_to(target)


def _below(path: str, folder: Path) -> str:
    return path.removeprefix(f"{folder}/")


def _remedy(known: list[str]) -> str:
    few = one_of(known[:3])
    return f"Name a branch, tag or commit, such as {few}." if few else "It has no commit yet."


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = _command(folder, *arguments)
    return subprocess.run(command, capture_output=True, check=False, env=_environment())  # noqa: S603


def _command(folder: Path, *arguments: str) -> list[str]:
    """Give the command line of git; nothing that a configuration names is run by it."""
    return [
        _program(),
        "--no-pager",
        "--no-replace-objects",
        *_HARMLESS,
        "-C",
        str(folder),
        *arguments,
    ]


def _program() -> str:
    if found := shutil.which("git"):
        return found
    raise GitError("there is no git on this machine", "Install git.")


def _environment() -> dict[str, str]:
    """Give git's environment: nothing is fetched, locked or asked."""
    return {
        **os.environ,
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _text(output: bytes) -> str:
    return output.decode(errors="replace").strip()
