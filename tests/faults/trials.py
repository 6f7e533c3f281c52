"""A fault that befalls a verb, and what is to hold after it and after the next run."""

import json
import os
import shutil
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from tests.faults.clock import jump, readings
from tests.faults.machine import Disk, warm_up
from tests.faults.processes import Ended, Plan, apart, command
from tests.faults.server import Tracked, address, tracking
from tests.faults.standing import Files, files_of, is_hidden, ledger, loads, signed, sound, whole
from tests.faults.verbs import PUBLIC_KEY, Verb, fill
from tests.faults.workers import make_door

_SAY_WHEN = {"record.json", "report.html", "report.md", "bom.cdx.json", "model-card.md"}
"""Files that say when a run was, so that they differ from run to run."""
_SERVER = ".server"
_TEMPORARY = ", a temporary file"
_BEGINS_WORKERS = "launcher."
_STORES = ("mlflow.db", "new.db", f"{_SERVER}/mlflow.db")


class Fault(Protocol):
    """What may befall a verb."""

    @property
    def answer(self) -> str:
        """What an answer of the tracking server is that goes wrong."""
        ...

    def prepared(self, disk: Disk, server: Tracked | None) -> Plan:
        """Prepare it, and give what is to be done to the process."""
        ...

    def lift(self, disk: Disk, server: Tracked | None) -> None:
        """Take it away."""
        ...


@dataclass(frozen=True)
class Known:
    """What a verb does where nothing goes wrong.

    Args:
        state: Folder with what is there before it.
        before: The files before it.
        after: The files after it; without a digest where the bytes are never twice the same.
        ledgers: What the stores say after it.
        calls: The places of its writing calls, in their order.
        room: How many bytes it takes on the disk at most.
        requests: How many requests a tracking server gets.
        readings: How often the clock is read.
    """

    state: Path
    before: Files
    after: Files
    ledgers: dict[str, object]
    calls: list[str]
    room: int
    requests: int
    readings: int


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Args:
        first: How the command ended that the fault befell.
        next: How the same command ended after it.
        wrong: What does not hold, in words; nothing where all does.
    """

    first: Ended
    next: Ended
    wrong: list[str] = field(default_factory=list[str])


@dataclass
class Laboratory:
    """Where trials are made.

    Args:
        disk: The disk that commands run on.
        keep: Folder for the states that verbs begin with.
        listening: Where tracking servers listen.
    """

    disk: Disk
    keep: Path
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def state(self, before: tuple[str, ...]) -> Path:
        """Give the folder of a state, which is made where it is not yet."""
        folder = self.keep / sha256("\n".join(before).encode()).hexdigest()[:16]
        if not folder.exists():
            if before:
                self.disk.renew(self.state(before[:-1]))
                with self._served(before[-1]):
                    self._insist(before[-1])
            else:
                self.disk.renew(None)
                apart(lambda: _begin(self.disk.home))
            shutil.copytree(self.disk.home, folder, symlinks=True)
        return folder

    def warm_up(self) -> None:
        """Do in this process what all others would do for the first time."""
        folder = shutil.copytree(self.state(()), self.keep / "warm")
        warm_up(folder)
        shutil.rmtree(folder)

    def know(self, verb: Verb) -> Known:
        """Run a verb twice without a fault."""
        state = self.state(verb.before)
        self.disk.renew(state)
        before, used = files_of(state), self.disk.used
        with self._served(verb.line):
            self._insist(verb.line)
        first = files_of(self.disk.home)
        calls: list[str] = []
        self.disk.renew(state)
        count = os.memfd_create("readings")
        plan = Plan(
            seen=lambda call: calls.append(call.place) or True,
            begin=lambda: jump(0, 0),
            end=lambda: os.pwrite(count, str(readings()).encode(), 0) and None,
        )
        with self._served(verb.line) as server:
            self._insist(verb.line, plan)
            requests = server.requests if server else 0
        again = files_of(self.disk.home)
        if first.keys() != again.keys():
            raise RuntimeError(
                f"{verb.name} is never twice the same: {first.keys() ^ again.keys()}"
            )
        return Known(
            state,
            before,
            {path: _steady(path, first[path], digest) for path, digest in again.items()},
            _ledgers(self.disk.home),
            calls,
            max(self.disk.used - used, 0),
            requests,
            int(os.pread(count, 20, 0) or 0),
        )

    def befall(self, verb: Verb, known: Known, fault: Fault) -> Outcome:
        """Let a fault befall a verb, and run the verb again.

        Args:
            verb: The verb.
            known: What it does otherwise.
            fault: The fault.
        """
        self.disk.renew(known.state)
        with self._served(verb.line, fault.answer) as server:
            first = self._command(verb.line, fault.prepared(self.disk, server))
            fault.lift(self.disk, server)
            wrong = list(_half_written(self.disk, known))
            done = verb.repeats and (first.code == 0 or _was_done(self.disk, known))
            again = first if done else self._command(verb.line)
        if done and first.code != 0:  # nothing but a lock is there that was not to be
            return Outcome(first, again, wrong)
        allowed = verb.again if first.code != 0 else (0, *verb.again)
        if again.code not in allowed:
            wrong.append(f"stuck: the next run ended with {again.code}: {again.said[-2000:]}")
        wrong += _not_as_ever(self.disk, known)
        return Outcome(first, again, wrong)

    def _insist(self, line: str, plan: Plan | None = None) -> None:
        done = self._command(line, plan)
        if done.code != 0:
            raise RuntimeError(f"{line}: {done.code}\n{done.said}")

    def _command(self, line: str, plan: Plan | None = None) -> Ended:
        door = self._door if _BEGINS_WORKERS in line else None
        return command(line.format(uri=address(self.listening)).split(), self.disk, plan, door)

    @cached_property
    def _door(self) -> Path:
        return make_door(self.keep / "python")

    @contextmanager
    def _served(self, line: str, answer: str = "") -> Generator[Tracked | None]:
        """Serve what a state has on a server, or is asked for there."""
        folder = self.disk.home / _SERVER
        if "{uri}" not in line and not folder.exists():
            yield None
            return
        with tracking(folder, self.listening, answer) as server:
            yield server


def _steady(path: str, first: str, digest: str) -> str:
    """Give the digest of a file that is the same in every run; of others, nothing."""
    return digest if first == digest and Path(path).name not in _SAY_WHEN else ""


def _begin(home: Path) -> None:
    """Fill a home, and make the store that it logs to."""
    from runner.errors import TrackingError
    from runner.stores import asking

    fill(home)
    os.chdir(home)
    with asking("sqlite:///mlflow.db", TrackingError) as client:
        client.search_experiments()


def _half_written(disk: Disk, known: Known) -> Iterator[str]:
    """Give what a fault left in part, and what it destroyed."""
    now = files_of(disk.home)
    for path, digest in now.items():
        if is_hidden(path):
            continue
        wanted = {known.before.get(path), known.after.get(path)} - {None}
        if not wanted:
            yield f"half-written: {path} is of no use"
        elif digest not in wanted and ("" not in wanted or not whole(disk.home / path)):
            yield f"half-written: {path} is neither as before nor as after"
    for path in known.before.keys() & known.after.keys():
        if path not in now:
            yield f"lost: {path}"
    for described in disk.home.rglob("MLmodel"):
        inside = str(described.parent.relative_to(disk.home))
        if is_hidden(inside) or inside.startswith("mlruns"):
            continue
        there, *wanted = (_within(inside, files) for files in (now, known.before, known.after))
        if there not in wanted and not apart(partial(loads, described.parent)):
            yield f"half-written: {inside} does not load"


def _was_done(disk: Disk, known: Known) -> bool:
    """Tell whether a killed command had nothing left to do but to let go of what it held."""
    return all(
        said.startswith("left: ") and said.endswith((".lock", _TEMPORARY))
        for said in _not_as_ever(disk, known)
    )


def _within(folder: str, files: Files) -> set[str]:
    return {path for path in files if path.startswith(f"{folder}/")}


def _not_as_ever(disk: Disk, known: Known) -> Iterator[str]:
    """Give in what the end differs from that of a verb that nothing befell."""
    now = files_of(disk.home)
    for path in sorted(now.keys() - known.after.keys()):
        yield f"left: {path}"
    for path in sorted(known.after.keys() - now.keys()):
        yield f"lost: {path}, after the next run"
    for path, digest in known.after.items():
        if path in now and digest and now[path] != digest:
            yield f"lost: {path} is another after the next run"
        plain = path in now and not digest and not is_hidden(path)
        if plain and not whole(disk.home / path):
            yield f"half-written: {path}, after the next run"
    for folder in disk.home.rglob(".*"):
        if folder.is_dir() and folder.name != _SERVER and not any(folder.iterdir()):
            yield f"left: {folder.relative_to(disk.home)}"
    for file in disk.temporary.rglob("*"):
        place = file.parent == disk.temporary and file.name.startswith("recipe-runner")
        if not place and not _is_trial_of_python(file):
            yield f"left: {file.relative_to(disk.temporary)}{_TEMPORARY}"
    for record in disk.home.rglob("record.json"):
        if any(step["seconds"] < 0 for step in json.loads(record.read_text())["steps"]):
            yield f"lost: {record.relative_to(disk.home)} has steps of less than no time"
    for signature in disk.home.rglob("model.sig"):
        logged = not (signature.parent / "model").exists()
        if not logged and not apart(partial(signed, signature, disk.home / PUBLIC_KEY)):
            yield f"lost: {signature.relative_to(disk.home)} is no signature of its model"
    for store, said in _ledgers(disk.home).items():
        if said != known.ledgers.get(store):
            yield f"doubled or lost: {store} says {said}, not {known.ledgers.get(store)}"
    for database in disk.home.rglob("*.sqlite"):
        if not sound(database):
            yield f"half-written: {database.relative_to(disk.home)} is broken"


def _is_trial_of_python(file: Path) -> bool:
    """Say whether it is the file by which Python's ``tempfile`` finds out that it may write."""
    return file.is_file() and b"blat".startswith(file.read_bytes())


def _ledgers(home: Path) -> dict[str, object]:
    return {name: ledger(home / name) for name in _STORES if (home / name).is_file()}
