"""What a process does while it reads what strangers wrote: programs, networks, files, code.

Python tells of each such thing before it is done (``sys.addaudithook``), whichever library does it;
what a program that it begins does is told by a file that hostile texts ask for in every way.
"""

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLANTED = "planted"
"""A module where hostile texts name code, beside them: to import it is to run what they brought."""
RAN = "ran"
"""The file that code of theirs would write, wherever it runs."""
THEIR_PORT = re.compile(r"127\.0\.0\.1(:9\b|', 9\b)")
"""The server that hostile texts name."""
_BEGIN = {
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"),
    *("os.fork", "os.forkpty", "pty.spawn"),
}
_ASK = {
    *("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"),
    *("socket.sendto", "socket.sendmsg", "urllib.Request", "ftplib.connect", "smtplib.connect"),
}
_CHANGE = {
    *("os.remove", "os.mkdir", "os.rmdir", "os.truncate"),
    *("os.chmod", "os.chown", "shutil.rmtree", "shutil.move", "sqlite3.connect"),
}
_MAKE = {"os.rename", "os.link", "os.symlink"}
"""What makes its second argument of its first."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ACTING = {"os", "posix", "nt", "subprocess", "builtins", "runpy", "importlib", "shutil", PLANTED}
"""Modules of which a pickle may name nothing."""


@dataclass
class Watch:
    """Watches this process; a hook stays until it ends, so there is one of them.

    Args:
        folder: All that is written is to be in it.
        theirs: What strangers wrote is in it; no code of it is to run.
        seen: What was done that is not to be, in words, since it began to look.
    """

    folder: Path
    theirs: Path
    seen: list[str] = field(default_factory=list[str])
    _looks: bool = False
    _asks: bool = False

    def __post_init__(self) -> None:
        """Begin to listen."""
        self._inside, self._of = (
            os.path.realpath(folder) + os.sep for folder in (self.folder, self.theirs)
        )
        sys.addaudithook(self._told)

    @contextmanager
    def looking(self, *, asks: bool = False) -> Generator[None]:
        """Look at what is done inside, and forget what was seen before.

        Args:
            asks: Whether it may ask the network: a run fetches what its recipe names.
        """
        self.seen.clear()
        self._looks, self._asks = True, asks
        try:
            yield
        finally:
            self._looks = False

    def _told(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._looks:
            return
        self._looks = False  # what it takes to look is not looked at
        try:
            if wrong := self._wrong(event, given):
                self.seen.append(f"{event}: {wrong}")
        finally:
            self._looks = True

    def _wrong(self, event: str, given: tuple[Any, ...]) -> str:
        """Say what is wrong with what is done; nothing where it may be."""
        if event in _BEGIN:
            return "" if event == "subprocess.Popen" and _is_harmless_git(given[1]) else f"{given}"
        if event in _ASK:
            named = given[:1] if event == "urllib.Request" else given  # the rest is what is said
            return "" if self._asks or _is_own_server(named) else f"{given}"
        if event == "import":
            return given[0] if given[0].partition(".")[0] == PLANTED else ""
        if event == "exec":
            return self._of_theirs(given[0])
        if event == "pickle.find_class":
            return f"{given}" if given[0].partition(".")[0] in _ACTING else ""
        if event == "ctypes.dlopen":
            return self._of_theirs(given[0])
        if event == "open":
            return self._outside(given[0]) if (given[2] or 0) & _WRITES else ""
        if event in _MAKE:
            return self._outside(given[1])
        return self._outside(given[0]) if event in _CHANGE else ""

    def _of_theirs(self, code: Any) -> str:
        file = getattr(code, "co_filename", code)
        is_file = isinstance(file, str) and os.path.isabs(file)
        return file if is_file and os.path.realpath(file).startswith(self._of) else ""

    def _outside(self, path: Any) -> str:
        if isinstance(path, int) or path is None:
            return ""
        file = os.path.realpath(os.fsdecode(path))
        return "" if file == os.devnull or f"{file}/".startswith(self._inside) else file


def _is_harmless_git(line: Any) -> bool:
    words = [line] if isinstance(line, str) else list(line)
    return os.path.basename(words[0]) == "git" and "core.fsmonitor=false" in words


def _is_own_server(given: tuple[Any, ...]) -> bool:
    """Say whether it is the server by which a proof asks the model: hostile texts name another."""
    asked = str(given)
    return "127.0.0.1" in asked and not THEIR_PORT.search(asked)
