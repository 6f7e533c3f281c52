"""A clock that jumps, in processes that are forked from this one.

Python, SQLite and every other library read it through the C library; ``clock.c`` stands before that
where this process was started so (``LD_PRELOAD``).
"""

import ctypes
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")


def started_with_clock(folder: Path) -> None:
    """Start this program again with the clock before the C library; back at once where it is.

    Args:
        folder: Where the compiled clock goes.
    """
    library = os.environ.get("LD_PRELOAD", "")
    if library.endswith("clock.so"):
        return
    compiler = shutil.which("cc")
    if compiler is None:
        raise RuntimeError("a C compiler (cc) is needed for clocks that jump")
    library = str(folder / "clock.so")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-o", library, str(_SOURCE), "-ldl"], check=True
    )
    os.environ["LD_PRELOAD"] = library
    os.execv(sys.executable, sys.orig_argv)


@cache
def _clock() -> ctypes.CDLL | None:
    library = os.environ.get("LD_PRELOAD", "")
    return ctypes.CDLL(library) if library.endswith("clock.so") else None


def jump(at: int, seconds: int) -> None:
    """Let the clock jump at a reading from now on; never where it is 0."""
    if clock := _clock():
        clock.jump(ctypes.c_long(at), ctypes.c_long(seconds))


def readings() -> int:
    """Say how often the clock was read since then; 0 where it is the machine's own."""
    clock = _clock()
    return clock.read_so_often() if clock else 0
