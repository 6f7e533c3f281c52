"""Faults, drawn over all that a verb does."""

import os
import random
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.calls import Call
from tests.faults.clock import jump
from tests.faults.machine import Disk
from tests.faults.processes import Plan
from tests.faults.server import ANSWERS, Tracked
from tests.faults.trials import Known

KILL, TORN, STOP = "kill", "kill in a write", "SIGTERM"
FULL, READ_ONLY, MEMORY = "full disk", "read-only disk", "little memory"
CLOCK, SERVER = "clock", "server"
KINDS = (KILL, TORN, STOP, FULL, READ_ONLY, MEMORY, CLOCK, SERVER)
_AT_CALLS = (KILL, TORN, STOP)
_OF_DATA = ("write ", "pwrite64 ")
"""Calls that half of can be done."""
_PAGE = 4096
_MOST_MEMORY = 16 * 2**20
_FORTY_DAYS = 40 * 24 * 3600


@dataclass
class Drawn:
    """A fault, and when it strikes.

    Args:
        kind: Which.
        at: The number of a call, request or reading of the clock, from 1, or bytes.
        where: The call's place, or what is answered.
        lasting: Whether a server stays so.
        struck: Whether it did.
    """

    kind: str
    at: int
    where: str = ""
    lasting: bool = False
    struck: bool = field(default=False, compare=False)
    _count: int = field(default=0, compare=False)

    @property
    def answer(self) -> str:
        """What an answer is that goes wrong."""
        return self.where if self.kind == SERVER else ""

    def prepared(self, disk: Disk, server: Tracked | None) -> Plan:
        """Prepare it."""
        match self.kind:
            case "full disk":
                disk.leave_room(self.at // _PAGE * _PAGE)
            case "read-only disk":
                disk.refuse_writes()
            case "little memory":
                return Plan(memory=self.at)
            case "clock":
                seconds = -_FORTY_DAYS if self.at % 2 else _FORTY_DAYS
                return Plan(begin=lambda: jump(self.at, seconds))
            case "server" if server:
                server.go_wrong(self.at, for_ever=self.lasting)
            case _:
                return Plan(self._seen)
        return Plan()

    def lift(self, disk: Disk, server: Tracked | None) -> None:
        """Take it away."""
        if self.kind == FULL:
            disk.leave_room(None)
        if self.kind == READ_ONLY:
            disk.refuse_writes(refused=False)
        if server:
            self.struck = server.requests >= self.at
            server.go_wrong(0)

    def _seen(self, call: Call) -> bool:
        """Count a call, and strike if it is the one; gives whether the call is to be made."""
        self._count += 1
        if self._count != self.at:
            return True
        self.struck, self.where = True, call.place
        if self.kind == STOP:
            os.kill(call.process, signal.SIGTERM)
            return True
        if self.kind == TORN:
            call.half()
        os.kill(call.process, signal.SIGKILL)
        return False


def drawn(known: Known, kind: str, count: int, chance: random.Random) -> Iterator[Drawn]:
    """Draw faults of a kind, evenly over all there is.

    Half of those at a call are drawn over the different calls: most are a database's.

    Args:
        known: What the verb does otherwise.
        kind: The kind.
        count: How many.
        chance: Where the numbers come from.
    """
    if kind in _AT_CALLS:
        yield from _drawn_calls(known, kind, count, chance)
        return
    most = most_of(known, kind)
    for part in range(count if most else 0):
        at = int(most * (part + chance.random()) / count)
        if kind == SERVER:
            yield Drawn(kind, at + 1, ANSWERS[part % len(ANSWERS)], lasting=bool(part // 5 % 2))
        else:
            yield Drawn(kind, at + 1)


def _drawn_calls(known: Known, kind: str, count: int, chance: random.Random) -> Iterator[Drawn]:
    halves = kind == TORN
    calls = [n for n, name in enumerate(known.calls) if name.startswith(_OF_DATA) or not halves]
    at_place: dict[str, list[int]] = {}
    for number in calls:
        at_place.setdefault(known.calls[number], []).append(number)
    places = list(at_place)
    chance.shuffle(places)
    for part in range(count if calls else 0):
        at = calls[int(len(calls) * (part + chance.random()) / count)]
        if part % 2:
            at = chance.choice(at_place[places[part // 2 % len(places)]])
        yield Drawn(kind, at + 1, known.calls[at])


def most_of(known: Known, kind: str) -> int:
    """Say how many calls, bytes, requests or readings there are that a fault can strike at.

    Args:
        known: What the verb does otherwise.
        kind: The kind of fault.
    """
    ranges = {
        FULL: known.room,
        READ_ONLY: 1,
        MEMORY: _MOST_MEMORY,
        CLOCK: known.readings,
        SERVER: known.requests,
    }
    return ranges.get(kind, len(known.calls))


def at_place(known: Known, place: str) -> Drawn:
    """Give a kill at the last call of a place.

    Args:
        known: What the verb does otherwise.
        place: A regular expression.
    """
    found = [n for n, name in enumerate(known.calls) if re.search(place, name)]
    if not found:
        raise RuntimeError(f"no call is {place}: {sorted({*known.calls})}")
    return Drawn(KILL, found[-1] + 1, known.calls[found[-1]])
