"""Workers of a sweep without their imports: forked, as the commands of trials are.

A command begins each as ``sys.executable -m MODULE``. Behind the door, ``sys.executable`` is a
small program that asks a process for one, which was forked before the command began and forks once
more. What it forks has that program's arguments, environment, folder and open files, and gets its
signals; the program ends as the worker does, and the worker with it where it is killed. All write
under the eyes of who watches the command.
"""

import atexit
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

ADDRESS = "FAULTS_DOOR"
_DOOR = """\
#!{python} -IS
import json, os, signal, socket, sys
if sys.argv[1] != "-m":
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
asked = socket.socket(socket.AF_UNIX)
asked.connect("\\0" + os.environ["{address}"])
socket.send_fds(asked, [b"."], [0, 1, 2])
line = json.dumps([sys.argv[2:], dict(os.environ), os.getcwd()])
asked.sendall(line.encode() + b"\\n")
nowhere = os.open(os.devnull, os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(nowhere, number)
told = asked.makefile()
worker = int(told.readline())
signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGTERM))
code = int(told.readline() or -signal.SIGKILL)
if code < 0:
    os.kill(os.getpid(), -code)
os._exit(code)
"""


def make_door(file: Path) -> Path:
    """Write the program that stands for ``sys.executable``."""
    file.write_text(_DOOR.format(python=sys.executable, address=ADDRESS))
    file.chmod(0o755)
    return file


def open_door(door: Path) -> None:
    """Have what this process begins as Python forked from what this one is now.

    Args:
        door: The program that stands for ``sys.executable`` from now on.
    """
    address = address_of(os.getpid())
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"\0{address}")
    listening.listen()
    ends, held = os.pipe()  # it ends with this process, which alone holds the other end
    if not os.fork():
        os.close(held)
        _fork_for_all(listening, ends)
    os.close(ends)
    listening.close()
    sys.executable = str(door)
    os.environ[ADDRESS] = address


def address_of(process: int) -> str:
    """Give where the door of a process is, as ``ADDRESS`` in an environment says."""
    return f"faults-{process}"


def _fork_for_all(listening: socket.socket, ends: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listening, ends], [], [])
        if ends in ready:
            os._exit(0)
        asked, _ = listening.accept()
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            try:
                _stand_by(asked)
            finally:  # it never goes on with what the process does that opened the door
                os._exit(1)
        asked.close()


def _stand_by(asked: socket.socket) -> NoReturn:
    """Fork the worker, and tell how it ended."""
    _, numbers, _, _ = socket.recv_fds(asked, 1, 3)
    if not (told := asked.makefile().readline()):  # whoever asked was killed meanwhile
        os._exit(0)
    line, environment, folder = json.loads(told)
    worker = os.fork()
    if not worker:
        asked.close()
        for number, given in enumerate(numbers):
            os.dup2(given, number)
            os.close(given)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        _become(line)
    for number in numbers:
        os.close(number)
    with suppress(OSError):
        asked.sendall(f"{worker}\n".encode())
    if asked in select.select([asked, os.pidfd_open(worker)], [], [])[0]:
        os.kill(worker, signal.SIGKILL)  # whoever stands for it was killed
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    try:
        asked.sendall(f"{code}\n".encode())
    finally:
        os._exit(0)


def _become(line: list[str]) -> NoReturn:
    code = 1
    try:
        tempfile.tempdir = None
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, how, 1, closefd=False)  # noqa: SIM115
            for number, how in ((0, "r"), (1, "w"), (2, "w"))
        )
        module, *sys.argv[1:] = line
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        atexit._run_exitfuncs()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
