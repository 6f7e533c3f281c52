"""Every system call of a process that writes files, seen before it is made.

Linux asks the parent of such a process for leave (``seccomp_unotify(2)``): no library of the
process, no thread and no process that it starts can write without being seen.
"""

import ctypes
import fcntl
import os
import platform
import re
import select
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WRITES = {
    **{"write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "pwritev2": 328},
    **{"sendfile": 40, "copy_file_range": 326, "splice": 275},
    **{"truncate": 76, "ftruncate": 77, "fallocate": 285, "fsync": 74, "fdatasync": 75},
}
"""Calls with numbers of open files; the number on x86-64, as the kernel keeps it for ever."""
_TARGET = {"sendfile": 0, "copy_file_range": 2, "splice": 2}
_CHANGES = {
    **{"rename": 82, "renameat": 264, "renameat2": 316, "link": 86, "linkat": 265},
    **{"symlink": 88, "symlinkat": 266, "unlink": 87, "unlinkat": 263, "rmdir": 84},
    **{"mkdir": 83, "mkdirat": 258, "chmod": 90, "fchmod": 91, "fchmodat": 268, "utimensat": 280},
}
"""Calls that change what a folder holds, or what is said of a file."""
_NAMED_BY = {
    **{"rename": 1, "renameat": 3, "renameat2": 3, "link": 1, "linkat": 3, "symlink": 1},
    **{"symlinkat": 2, "unlinkat": 1, "mkdirat": 1, "fchmodat": 1, "utimensat": 1, "openat": 1},
}
"""Which argument has the path; else the first."""
_OPENAT, _OPEN, _IOCTL = 257, 2, 16
_MAKES = os.O_CREAT | os.O_TRUNC
_FICLONE = 0x40049409
_NAMES = {
    number: name
    for name, number in {**_WRITES, **_CHANGES, "openat": 257, "open": 2, "ioctl": 16}.items()
}

_SECCOMP, _SET_FILTER, _NEW_LISTENER, _NO_NEW_PRIVS = 317, 1, 8, 38
_NOTIFY, _ALLOW, _KILL = 0x7FC00000, 0x7FFF0000, 0x80000000
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_X86_64 = 0xC000003E
_NOTICE, _ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
_PAGE = 4096
_INT, _HERE = 0xFFFFFFFF, 2**31
"""Numbers of open files are 32 bits; those below zero stand for the working directory."""
_OF_OPEN_FILES = {*_WRITES, "fchmod", "ioctl"} - {"truncate"}
_HEX = re.compile(r"[0-9a-f]{6,}|\d+|(?<=[-_.])[a-z0-9_]{8}(?=[./]|$)")


@dataclass(frozen=True)
class Call:
    """A call that writes.

    Args:
        name: Its name.
        path: What it writes, beneath the folder.
        thread: Number of the thread that makes it.
        open_file: Number of the open file, where it writes into one.
        data: Where what it writes lies in memory, how long that is, and where in the file it goes
            to; without the last that is where the file is open.
    """

    name: str
    path: str
    thread: int
    open_file: int | None
    data: tuple[int, int, int | None] | None

    @property
    def place(self) -> str:
        """The call and the file, without what is drawn of its name: the same in every run."""
        return f"{self.name} {_HEX.sub('…', self.path)}"

    @property
    def process(self) -> int:
        """Number of the process that the thread is of."""
        told = Path("/proc", str(self.thread), "status").read_text()
        return int(re.search(r"^Tgid:\s*(\d+)", told, re.MULTILINE)[1])

    def half(self) -> bool:
        """Write the first half of what it is about to write; False where it has no data."""
        if self.data is None or self.open_file is None or self.data[1] < 2:
            return False
        where, length, position = self.data
        process = Path("/proc", str(self.thread))
        with (process / "mem").open("rb", 0) as memory:
            memory.seek(where)
            data = memory.read(length // 2)
        into = os.open(process / "fd" / str(self.open_file), os.O_WRONLY)
        try:
            os.pwrite(into, data, self._at(into) if position is None else position)
        finally:
            os.close(into)
        return True

    def _at(self, into: int) -> int:
        told = Path("/proc", str(self.thread), "fdinfo", str(self.open_file)).read_text()
        said = dict(line.split(":", 1) for line in told.splitlines())
        appends = int(said["flags"], 8) & os.O_APPEND
        return os.fstat(into).st_size if appends else int(said["pos"])


def supported() -> bool:
    """Say whether this machine can show the calls of a process."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    return actions.is_file() and "user_notif" in actions.read_text()


def show(to: socket.socket) -> None:
    """Have the parent asked before each call of this process, and of what it starts.

    Args:
        to: The parent's end gets the listener.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    program = _program()
    code = ctypes.create_string_buffer(program)
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    listener = libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, ctypes.c_char_p(head))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    socket.send_fds(to, [b"."], [listener])
    os.close(listener)
    to.close()


@cache
def _program() -> bytes:
    """Give the filter, in classic BPF: number, then flags or command of two of the calls."""
    load, equal, any_of, give = 0x20, 0x15, 0x45, 0x06
    steps: list[tuple[int, int, int, int]] = [
        (load, 0, 0, 4),
        (equal, 1, 0, _X86_64),
        (give, 0, 0, _KILL),
        (load, 0, 0, 0),
    ]
    for number in (*_WRITES.values(), *_CHANGES.values()):
        steps += [(equal, 0, 1, number), (give, 0, 0, _NOTIFY)]
    for number, argument, test, value in (
        (_OPENAT, 2, any_of, _MAKES),
        (_OPEN, 1, any_of, _MAKES),
        (_IOCTL, 1, equal, _FICLONE),
    ):
        steps += [
            (equal, 0, 4, number),
            (load, 0, 0, 16 + 8 * argument),
            (test, 0, 1, value),
            (give, 0, 0, _NOTIFY),
            (give, 0, 0, _ALLOW),
        ]
    steps.append((give, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", code, yes, no, k) for code, yes, no, k in steps)


def watch(
    listener: int, process: int, folder: Path, seen: Callable[[Call], bool], seconds: float
) -> int | None:
    """Let a process make its calls, until it ends.

    Args:
        listener: What it handed over.
        process: Its number.
        folder: Calls that write elsewhere, or into pipes and sockets, are not shown.
        seen: Is shown each call before it is made; makes it unless it gives False.
        seconds: How long it may take; then its group is killed.

    Returns:
        How it ended: below zero where a signal ended it; None where it took too long.
    """
    inside = f"{os.path.realpath(folder)}/"
    ended = os.pidfd_open(process)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(ended, select.POLLIN)
    try:
        while True:
            ready = poll.poll(seconds * 1000)
            if not ready:
                os.killpg(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return None
            if any(fd == listener and how & select.POLLIN for fd, how in ready):
                _answer(listener, inside, seen)
                continue
            if any(fd == listener for fd, _ in ready):
                poll.unregister(listener)  # nobody is left who could ask
            if any(fd == ended for fd, _ in ready):
                return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    finally:
        os.close(ended)


def let_on(listener: int, seconds: float = 0) -> None:
    """Let whoever still asks make its calls, until nobody is left or asks for so long."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while any(how & select.POLLIN for _, how in poll.poll(seconds * 1000)):
        _answer(listener, None, lambda _: True)


def _answer(listener: int, inside: str | None, seen: Callable[[Call], bool]) -> None:
    notice = bytearray(_NOTICE.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, notice)
    except OSError:  # it was killed, or went back, while it asked
        return
    asked, thread, _, number, _, _, *arguments = _NOTICE.unpack(notice)
    call = None if inside is None else _call(_NAMES[number], thread, arguments, inside)
    if call is not None and not seen(call):
        return
    try:
        fcntl.ioctl(listener, _SEND, bytearray(_ANSWER.pack(asked, 0, 0, _CONTINUE)))
    except OSError:
        return


def _call(name: str, thread: int, arguments: list[int], inside: str) -> Call | None:
    """Give the call, or None where it writes elsewhere."""
    number, data = None, None
    try:
        if name in _OF_OPEN_FILES:
            number = arguments[_TARGET.get(name, 0)] & _INT
            path = os.readlink(f"/proc/{thread}/fd/{number}")
            if name in ("write", "pwrite64"):
                position = arguments[3] if name == "pwrite64" else None
                data = (arguments[1], arguments[2], position)
        else:
            path = _named(thread, name, arguments)
    except OSError:
        return None
    if not path.startswith(inside):
        return None
    return Call(name, path.removeprefix(inside), thread, number, data)


def _named(thread: int, name: str, arguments: list[int]) -> str:
    which = _NAMED_BY.get(name, 0)
    folder = arguments[which - 1] & _INT if "at" in name and which else _HERE
    where = arguments[which]
    path = _text(thread, where)
    at = f"fd/{folder}" if folder < _HERE else "cwd"
    return os.path.join(os.readlink(f"/proc/{thread}/{at}"), path)


def _text(thread: int, where: int) -> str:
    """Read a text that ends with a zero, page by page: the one after its last may not be there."""
    data = b""
    with Path(f"/proc/{thread}/mem").open("rb", 0) as memory:
        while b"\0" not in data:
            memory.seek(where + len(data))
            data += memory.read(_PAGE - (where + len(data)) % _PAGE)
    return os.fsdecode(data.split(b"\0")[0])
