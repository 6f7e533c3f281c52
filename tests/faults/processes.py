"""Commands in processes of their own, each forked from this one, shown call by call."""

import json
import os
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from tests.faults.calls import Call, let_on, show, watch
from tests.faults.machine import Disk
from tests.faults.workers import open_door

_LONGEST = 240.0
"""Seconds without a call or an end after which a command is said to hang."""
_LINGER = 20.0


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Args:
        code: Its exit code; below zero where a signal ended it, None where it hung.
        said: What it said.
        seconds: How long it took.
    """

    code: int | None
    said: str
    seconds: float


@dataclass
class Plan:
    """What befalls a command.

    Args:
        seen: Is shown each call that writes, before it is made; makes it unless it gives False.
        memory: How many more bytes it may map.
        begin: Called in the process itself, before the command.
        end: Called there after it.
    """

    seen: Callable[[Call], bool] | None = None
    memory: int | None = None
    begin: Callable[[], None] = field(default=lambda: None)
    end: Callable[[], None] = field(default=lambda: None)


def command(
    line: list[str], disk: Disk, plan: Plan | None = None, door: Path | None = None
) -> Ended:
    """Run the command line in a process of its own.

    Args:
        line: Its arguments.
        disk: The disk that it runs on.
        plan: What befalls it.
        door: The program that gives it workers, where it begins any.
    """
    plan = plan or Plan()
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        ours, theirs = socket.socketpair()
        process = os.fork()
        if not process:
            ours.close()
            _become(line, disk, plan, said.fileno(), theirs, door)
        theirs.close()
        code = _ended(process, ours, disk, plan)
        said.seek(0)
        return Ended(code, said.read(), round(time.perf_counter() - began, 3))


def _ended(process: int, ours: socket.socket, disk: Disk, plan: Plan) -> int | None:
    with ours:
        if plan.seen is None:
            return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
    try:
        code = watch(listener, process, disk.folder, plan.seen, _LONGEST)
        let_on(listener, _LINGER)
        _end_group(process)
        return code
    finally:
        os.close(listener)


def _end_group(process: int) -> None:
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _become(
    line: list[str],
    disk: Disk,
    plan: Plan,
    said: int,
    theirs: socket.socket,
    door: Path | None,
) -> NoReturn:
    """Be the command, to its end."""
    code = 4
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout, sys.stderr = (open(n, "w", buffering=1, closefd=False) for n in (1, 2))  # noqa: SIM115
        os.chdir(disk.home)
        os.environ["TMPDIR"], tempfile.tempdir = str(disk.temporary), None
        if plan.memory is not None:
            _limit_memory(plan.memory)
        if plan.seen is not None:
            show(theirs)
        if door is not None:
            open_door(door)
        plan.begin()
        code = _main(line)
        plan.end()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _main(line: list[str]) -> int:
    import atexit
    import threading

    from runner.cli import main

    code = int(main(line))
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return code


def _limit_memory(more: int) -> None:
    told = Path("/proc/self/statm").read_text().split()
    mapped = int(told[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + more, mapped + more))


def apart(work: Callable[[], Any]) -> Any:
    """Do something in a process of its own, and give what it gave, after a trip through JSON."""
    reads, writes = os.pipe()
    process = os.fork()
    if not process:
        os.close(reads)
        try:
            answer = json.dumps({"gave": work()})
        except BaseException:
            answer = json.dumps({"failed": traceback.format_exc()})
        with os.fdopen(writes, "w") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        answer = json.loads(pipe.read() or '{"failed": "it died"}')
    os.waitpid(process, 0)
    if "failed" in answer:
        raise RuntimeError(answer["failed"])
    return answer["gave"]
