"""The answers of a batch that is not done: a line each, so that a killed one goes on."""

import fcntl
import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from runner.errors import FolderInUse
from runner.prediction.errors import PredictError
from runner.prediction.model import Answer


@dataclass
class Kept:
    """The answers so far.

    Args:
        file: The file.
        opened: The file, at its end.
        rows: How many there are.
    """

    file: Path
    opened: IO[str]
    rows: int

    def add(self, answers: Sequence[Answer]) -> None:
        """Keep the answers of a batch.

        Args:
            answers: In the order of the rows.
        """
        self.opened.write("".join(_line(answer) for answer in answers))
        self.opened.flush()
        self.rows += len(answers)

    def all(self) -> Iterator[Answer]:
        """Give every answer, in the order of the rows."""
        with self.file.open(encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                said = json.loads(line)
                yield Answer(said.get("answer"), said.get("error", ""))


@contextmanager
def keeping(file: Path, what: Mapping[str, Any], batch: int, *, again: bool) -> Generator[Kept]:
    """Open the file of answers, and go on where it ends.

    Args:
        file: The file; made where it is not there.
        what: What the answers are of. They go on only where that is the same.
        batch: Rows that are asked together; a batch that is not whole is asked again.
        again: Throw away what is there.

    Yields:
        The answers so far.

    Raises:
        FolderInUse: Another process writes the file.
        PredictError: The answers are of something else.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8", newline="\n") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"{file} is in use: another process writes it."
            raise FolderInUse(message, "Wait for it, or name another file.") from error
        if again:
            os.truncate(opened.fileno(), 0)
        rows = _resume(opened, file, what, batch)
        yield Kept(file, opened, rows)


def forget(file: Path) -> None:
    """Remove the answers of a table that is there, which a kill has left; not those of the living.

    Args:
        file: The file of answers.
    """
    with suppress(FileNotFoundError, BlockingIOError), file.open("r+b") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.unlink()


def _resume(opened: IO[str], file: Path, what: Mapping[str, Any], batch: int) -> int:
    """Cut a file behind its last whole batch, and give the number of its rows."""
    opened.seek(0)
    head = opened.readline()
    if head.endswith("\n") and json.loads(head) != what:
        raise PredictError(
            "other-predictions",
            f"{file} holds answers of another model, other data or another way to ask.",
            "Repeat the command that it was begun with, or begin anew with --again.",
        )
    rows, end = _whole(file, batch)
    os.truncate(opened.fileno(), end)
    opened.seek(0, os.SEEK_END)
    if not end:
        opened.write(json.dumps(what) + "\n")
        opened.flush()
    return rows


def _whole(file: Path, batch: int) -> tuple[int, int]:
    """Give the rows of the whole batches in a file, and where they end in it."""
    rows = end = whole = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            if not line.endswith(b"\n"):
                break
            end += len(line)
            if number % batch == 0:
                rows, whole = number, end
    return rows, whole


def _line(answer: Answer) -> str:
    said = {"error": answer.error} if answer.error else {"answer": answer.value}
    return json.dumps(said, default=str) + "\n"
