"""Git, read only: revisions by name, and the files of one put into a folder of their own.

Nothing is checked out and no index is written; git is called with fixed arguments, without a shell.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import Exit, RunnerError
from runner.files.patterns import fixed_part, is_pattern, named_like
from runner.review.blobs import blob_of
from runner.review.calling import GitError, call, command, environment, text
from runner.review.tree import (
    LINK,
    SUBMODULE,
    Entry,
    Note,
    blob,
    entries,
    is_in,
    link_all,
    unwritable,
    with_those_above,
    write,
)
from runner.text.spelling import nearest, one_of

_SHORT = 12
_DEEPEN = "`git fetch --unshallow`"
_COUNTED = re.compile(r"[~^@:]")
_REVIEWED_THERE = "a submodule: its recipes are reviewed in it"


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


class SubmoduleError(RunnerError):
    """Recipes lie in a submodule, which is a repository of its own."""

    code = "recipes-in-submodule"
    exit = Exit.WRONG_INPUT


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
        done = call(self.top, *asked)
        if done.returncode == 0:
            return text(done.stdout)
        known = self._names()
        near = nearest(revision, known)
        last = [name for name in known if name.rsplit("/", 1)[-1] == revision]
        remedy = f"Did you mean {one_of(near or last)}?" if near or last else _remedy(known)
        counted = _COUNTED.search(revision)
        if self._is_shallow() and (counted or not near):
            fetch = "" if counted else f"`git fetch origin {revision}`, or "
            remedy = f"This clone is shallow: {fetch}{_DEEPEN}."
        raise UnknownRevisionError(f"`{revision}` is no revision of {self.top.name}.", remedy)

    def _names(self) -> list[str]:
        listed = self._run(
            "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes"
        )
        return text(listed).splitlines()

    def merge_base(self, one: str, other: str) -> str | None:
        """Give the commit where two histories parted; None where they have none in common.

        Args:
            one: A commit.
            other: Another.

        Raises:
            ShallowCloneError: The clone is too shallow to tell.
        """
        done = call(self.top, "merge-base", one, other)
        found = text(done.stdout) or None
        if found is None and self._is_shallow():
            raise ShallowCloneError(
                "The history is cut off before where the two revisions parted.",
                f"This clone is shallow: {_DEEPEN}.",
            )
        return found

    def _is_shallow(self) -> bool:
        return text(self._run("rev-parse", "--is-shallow-repository")) == "true"

    def refuse_submodules(self, commit: str, folders: Sequence[str]) -> None:
        """See that folders are this repository's own.

        Args:
            commit: A commit; empty for the working tree.
            folders: Paths from the top.

        Raises:
            SubmoduleError: One lies in a submodule.
        """
        around = {above for folder in folders for above in with_those_above(folder)}
        modules = [e for e in self._listed(commit, sorted(around)) if e.mode == SUBMODULE]
        for module in modules:
            if module.path in around:
                inside = next(f for f in folders if module.path in with_those_above(f))
                raise SubmoduleError(
                    f"{inside} lies in the submodule {module.path}, a repository of its own.",
                    f"Run `review` in {self.top / module.path}, with revisions of it.",
                )

    def _listed(self, commit: str, paths: Sequence[str]) -> Iterator[Entry]:
        """List what is at paths, not what is below them; of the index, all there is."""
        if not commit:
            return entries(self._run("ls-files", "--stage", "-z"))
        return entries(self._run("ls-tree", "-z", "--full-tree", commit, "--", *paths))

    def contents(self, commit: str, folder: str) -> dict[str, str]:
        """Name the content of each file below a folder, as git does, without reading it.

        Args:
            commit: A commit; empty for the working tree, whose files are hashed.
            folder: A path from the top, or a pattern of files; ``.`` for the top itself.

        Returns:
            The content's name by the file's path from the top; of a submodule, its commit.
        """
        if is_pattern(folder):
            found = self.contents(commit, fixed_part(folder))
            return {p: b for p, b in found.items() if is_in(p, folder) or named_like([p], folder)}
        if commit:
            below = [] if folder == "." else ["--", folder]
            listed = self._run("ls-tree", "-r", "-z", "--full-tree", commit, *below)
            return {entry.path: entry.blob for entry in entries(listed)}
        known = {e.path: e.blob for e in self._listed("", ()) if is_in(e.path, folder)}
        new = self._run("ls-files", "-z", "--others", "--exclude-standard").split(b"\0")
        untracked = (path for path in map(os.fsdecode, new) if is_in(path, folder))
        found = known | dict.fromkeys(untracked, "")
        hashed = ((path, blob_of(self.top / path, found[path])) for path in found)
        return {path: content for path, content in hashed if content}

    def extract(
        self, commit: str, folders: Sequence[str], into: Path, wanted: Callable[[str], bool]
    ) -> tuple[Note, ...]:
        """Write files of a commit into a folder, under the paths they have in the repository.

        Args:
            commit: The commit.
            folders: Paths from the top; the whole tree where one is empty.
            into: An empty folder.
            wanted: Tells by its path whether a file is.

        Returns:
            What is left out.
        """
        below = [] if "" in folders else ["--", *folders]
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", commit, *below)
        return tuple(self._extract(list(entries(listed)), into, wanted))

    def _extract(
        self, listed: Sequence[Entry], into: Path, wanted: Callable[[str], bool]
    ) -> Iterator[Note]:
        yield from (Note(e.path, _REVIEWED_THERE) for e in listed if e.mode == SUBMODULE)
        links: dict[str, str] = {}
        with subprocess.Popen(  # noqa: S603
            command(self.top, "cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        ) as process:
            if process.stdin is None or process.stdout is None:
                raise GitError("git cat-file has no pipes")
            for entry in listed:
                if entry.mode == SUBMODULE or not wanted(entry.path):
                    continue
                if note := unwritable(entry.path):
                    yield note
                    continue
                process.stdin.write(f"{entry.blob}\n".encode())
                process.stdin.flush()
                if entry.mode == LINK:
                    links[entry.path] = os.fsdecode(b"".join(blob(process.stdout)))
                elif note := write(into, entry.path, blob(process.stdout)):
                    yield note
            process.stdin.close()
        yield from link_all(into, links)

    def copy_worktree(
        self, folders: Sequence[str], into: Path, wanted: Callable[[str], bool]
    ) -> tuple[Note, ...]:
        """Write files of the working tree into a folder: tracked ones and new ones, not ignored.

        Args:
            folders: Paths from the top; the whole tree where one is empty.
            into: An empty folder.
            wanted: Tells by its path whether a file is.

        Returns:
            What is left out.
        """
        below = [] if "" in folders else [f":(top,literal){folder}" for folder in folders]
        asked = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below]
        listed = (os.fsdecode(name) for name in self._run(*asked).split(b"\0"))
        modules = [e.path for e in self._listed("", ()) if e.mode == SUBMODULE]
        below_them = tuple(f"{folder}/" for folder in folders if folder)
        notes = [
            Note(path, _REVIEWED_THERE)
            for path in modules
            if "" in folders or path.startswith(below_them)
        ]
        return (*notes, *self._copy(dict.fromkeys(filter(wanted, listed)), into))

    def _copy(self, paths: Iterable[str], into: Path) -> Iterator[Note]:
        links: dict[str, str] = {}
        for path in paths:
            file = self.top / path
            if note := unwritable(path):
                yield note
            elif os.path.islink(file):
                links[path] = os.readlink(file)
            elif os.path.isfile(file) and (note := write(into, path, _content(file))):
                yield note
        yield from link_all(into, links)

    def _run(self, *arguments: str) -> bytes:
        done = call(self.top, *arguments)
        if done.returncode:
            said = text(done.stderr).splitlines() or [f"exit code {done.returncode}"]
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
    done = call(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        said = text(done.stderr).splitlines()
        why = said[0].removeprefix("fatal: ") if said else "git does not say why"
        raise NotARepositoryError(
            f"{folder} is in no working tree of git: {why}.",
            "Run `review` where the recipes are under version control.",
        )
    return Repository(Path(os.fsdecode(done.stdout.removesuffix(b"\n"))).resolve())


def short(commit: str) -> str:
    """Shorten a commit for people."""
    return commit[:_SHORT]


def _content(file: Path) -> Iterator[bytes]:
    yield file.read_bytes()


def _remedy(known: list[str]) -> str:
    few = one_of(known[:3])
    return f"Name a branch, tag or commit, such as {few}." if few else "It has no commit yet."
