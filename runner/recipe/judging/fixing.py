"""``validate --fix``: what takes no thought is mended in the files, and nothing else is touched."""

import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.errors import StorageError
from runner.findings import Finding, Fix, Place

_LINE = re.compile("[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|$)")
"""A line with its end, as YAML has them."""


@dataclass(frozen=True)
class Fixed:
    """A finding that was mended.

    Args:
        place: Where.
        fix: What became what.
    """

    place: Place
    fix: Fix

    def __str__(self) -> str:
        """Give the line that ``validate --fix`` prints."""
        return f"{self.place} fixed: {self.fix}"


def fix_files(findings: Iterable[Finding], files: Iterable[Path]) -> list[Fixed]:
    """Mend what can be mended in recipe files.

    Args:
        findings: What was found.
        files: The files that may be changed, absolute; a base elsewhere is left alone.

    Returns:
        What was mended. Comments, order, quotes and ends of lines are as they were; a file is
        replaced by one rename, and keeps its mode.

    Raises:
        StorageError: A file cannot be written; it is as it was.
    """
    allowed = set(files)
    chosen: dict[Path, list[Fixed]] = {}
    for finding in findings:
        if finding.fix and finding.place and finding.place.line:
            file = Path(finding.place.file).absolute()
            if file in allowed:
                chosen.setdefault(file, []).append(Fixed(finding.place, finding.fix))
    return [fixed for file, fixes in chosen.items() for fixed in _fix(file, fixes)]


def _fix(file: Path, fixes: list[Fixed]) -> list[Fixed]:
    try:
        text = file.read_bytes().decode("utf-8")
        start = text.startswith("\ufeff")
        lines = _LINE.findall(text[start:])
        done = [fixed for fixed in sorted(fixes, key=_from_the_end) if _change(lines, fixed)]
        if done:
            _replace(file.resolve(), text[:start] + "".join(lines))
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror or error}", "Check its permissions."
        ) from error
    return done[::-1]


def _from_the_end(fixed: Fixed) -> tuple[int, int]:
    return -fixed.place.line, -fixed.place.column


def _change(lines: list[str], fixed: Fixed) -> bool:
    """Change the word where it stands; a value on another line than its key is left alone."""
    line, at = lines[fixed.place.line - 1], fixed.place.column - 1
    fix, rest = fixed.fix, lines[fixed.place.line - 1][at:]
    before = r"()" if fix.is_key else r"""((?:"[^"]*"|'[^']*'|[^\s"'{\[][^:]*?)\s*:\s+)?"""
    found = re.match(rf"""{before}(["']?){re.escape(fix.old)}\2(?=[\s,:\]}}]|$)""", rest)
    if found is None:
        return False
    quote = "" if fix.new.startswith('"') else found[2]
    changed = f"{found[1] or ''}{quote}{fix.new}{quote}{rest[found.end() :]}"
    lines[fixed.place.line - 1] = line[:at] + changed
    return True


def _replace(file: Path, text: str) -> None:
    mode = file.stat().st_mode
    if not os.access(file, os.W_OK):
        raise PermissionError(13, "it may not be written", str(file))
    handle, staged = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as writer:
            writer.write(text.encode("utf-8"))
        os.chmod(staged, mode & 0o7777)
        os.replace(staged, file)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(staged)
