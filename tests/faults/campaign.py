"""Faults drawn over all that a verb does, one after another, each with what became of it."""

import json
import os
import random
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.faults.calls import Call
from tests.faults.clock import jump
from tests.faults.machine import Disk
from tests.faults.processes import Plan
from tests.faults.server import ANSWERS, Tracked
from tests.faults.trials import Known, Laboratory, Outcome
from tests.faults.verbs import SERVED, VERBS, Verb

KILL, TORN, STOP = "kill", "kill in a write", "SIGTERM"
FULL, READ_ONLY, MEMORY = "full disk", "read-only disk", "little memory"
CLOCK, SERVER = "clock", "server"
KINDS = (KILL, TORN, STOP, FULL, READ_ONLY, MEMORY, CLOCK, SERVER)
_AT_CALLS = (KILL, TORN, STOP)
_SOME = {
    "run": [r"^rename .*artifacts/record\.json$", r"^rename .*/record\.json$"],
    "run, cast, on data": [r"^symlink .*/asked/model$"],
    "predict": [],
    "promote": [r"^rename .*promoted\.json$", r"^pwrite64 .*mlflow\.db$"],
    "clean": [r"^rmdir .*/good/default$"],
    "persist": [r"^rename .*MLmodel$"],
}
"""Some verbs, and where kills have left something."""
_FOR_EVER = ", for ever"
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
        self.struck = True
        if self.kind == STOP:
            os.kill(call.process, signal.SIGTERM)
            return True
        if self.kind == TORN:
            call.half()
        os.kill(call.process, signal.SIGKILL)
        return False


@dataclass(frozen=True)
class Result:
    """What became of a fault.

    Args:
        verb: The verb that it befell.
        kind: The kind of fault.
        at: When it struck.
        of: Of how many calls, bytes, requests or readings.
        where: At which call, or by which answer.
        struck: Whether it did.
        code: How the command ended.
        next_code: How the next one did.
        seconds: How long both took.
        said: What the first one said last.
        wrong: What does not hold.
    """

    verb: str
    kind: str
    at: int
    of: int
    where: str
    struck: bool
    code: int | None
    next_code: int | None
    seconds: float
    said: str
    wrong: list[str]


def drawn(known: Known, kind: str, count: int, chance: random.Random) -> Iterator[Drawn]:
    """Draw faults of a kind, evenly over all there is.

    Half of those at a call are drawn over the different calls: most are a database's.

    Args:
        known: What the verb does otherwise.
        kind: The kind.
        count: How many.
        chance: Where the numbers come from.
    """
    places = list(dict.fromkeys(known.calls))
    chance.shuffle(places)
    most = _most(known, kind)
    count = 1 if kind == READ_ONLY else count
    for part in range(count if most else 0):
        at = int(most * (part + chance.random()) / count)
        if kind in _AT_CALLS and part % 2:
            place = places[part // 2 % len(places)]
            at = chance.choice([n for n, name in enumerate(known.calls) if name == place])
        if kind == SERVER:
            yield Drawn(kind, at + 1, ANSWERS[part % len(ANSWERS)], lasting=bool(part // 5 % 2))
        else:
            yield Drawn(kind, at + 1, known.calls[at] if kind in _AT_CALLS else "")


def _most(known: Known, kind: str) -> int:
    ranges = {
        FULL: known.room,
        READ_ONLY: 1,
        MEMORY: _MOST_MEMORY,
        CLOCK: known.readings,
        SERVER: known.requests,
    }
    return ranges.get(kind, len(known.calls))


def tried(laboratory: Laboratory, verb: Verb, known: Known, fault: Drawn) -> Result:
    """Let a drawn fault befall a verb."""
    outcome = laboratory.befall(verb, known, fault)
    if fault.kind in (FULL, READ_ONLY, MEMORY):
        fault.struck = outcome.first.code != 0
    if fault.kind == CLOCK:
        fault.struck = True
    return Result(
        verb.name,
        fault.kind,
        fault.at,
        _most(known, fault.kind),
        f"{fault.where}{_FOR_EVER if fault.lasting else ''}",
        fault.struck,
        outcome.first.code,
        outcome.next.code,
        round(outcome.first.seconds + outcome.next.seconds, 2),
        outcome.first.said[-1500:],
        [*_badly_ended(fault, outcome, verb.points), *outcome.wrong],
    )


def _badly_ended(fault: Drawn, outcome: Outcome, points: int) -> Iterator[str]:
    first = outcome.first
    if first.code is None or outcome.next.code is None:
        yield "ended badly: it hung"
    if "Traceback" in first.said or first.code == 4:
        yield f"ended badly: {first.code} and a traceback"
    wanted = {
        **{KILL: (0, -signal.SIGKILL), TORN: (0, -signal.SIGKILL)},
        **{
            STOP: (0, 128 + signal.SIGTERM),
            FULL: (0, 3),
            READ_ONLY: (0, 2, 3),
            SERVER: (0, 3),
            CLOCK: (0,),
        },
    }.get(fault.kind)
    if wanted and first.code not in wanted:
        yield f"ended badly: {first.code}: {first.said[-500:]}"
    if first.code == 3 and not 1 <= first.said.count("error[") <= points:
        yield "ended badly: it did not say one error a point"


def campaign(
    laboratory: Laboratory, kinds: Sequence[str], count: int, file: Path, names: Sequence[str] = ()
) -> int:
    """Let faults befall every verb, and append what became of each to a file.

    Args:
        laboratory: Where.
        kinds: Kinds of faults.
        count: How many of each kind, shared among verbs.
        file: A line of JSON for each.
        names: Verbs; all where absent.

    Returns:
        How many went wrong.
    """
    bad = 0
    for verbs, some_kinds in (
        (VERBS, [kind for kind in kinds if kind != SERVER]),
        (SERVED, [kind for kind in kinds if kind == SERVER]),
    ):
        asked = [verb for verb in verbs if some_kinds and (not names or verb.name in names)]
        total = sum(verb.share for verb in asked)
        for verb in asked:
            known = laboratory.know(verb)
            for kind in some_kinds:
                chance = random.Random(f"{verb.name} {kind}")  # noqa: S311
                for fault in drawn(known, kind, -(-count * verb.share // total), chance):
                    bad += _kept(tried(laboratory, verb, known, fault), file)
    return bad


def once_more(laboratory: Laboratory, results: Path, file: Path) -> int:
    """Let those faults befall verbs again that went wrong.

    Args:
        laboratory: Where.
        results: What became of them.
        file: A line of JSON for each.

    Returns:
        How many went wrong again.
    """
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    wrong = [line for line in lines if line["wrong"]]
    bad = 0
    for verb in (*VERBS, *SERVED):
        of_verb = [
            line
            for line in wrong
            if line["verb"] == verb.name and (line["kind"] == SERVER) is (verb in SERVED)
        ]
        known = laboratory.know(verb) if of_verb else None
        for line in of_verb if known else ():
            where, lasting, _ = line["where"].partition(_FOR_EVER)
            fault = Drawn(line["kind"], line["at"], where, lasting=bool(lasting))
            bad += _kept(tried(laboratory, verb, known, fault), file)
    return bad


def _kept(result: Result, file: Path) -> bool:
    with file.open("a") as opened:
        opened.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
    return bool(result.wrong)


def some(laboratory: Laboratory, file: Path) -> None:
    """Let faults befall some verbs: at the calls where a kill once left something, and drawn ones.

    Args:
        laboratory: Where.
        file: A line of JSON for each.
    """
    results: list[Result] = []
    for verb in (verb for verb in VERBS if verb.name in _SOME):
        known, chance = laboratory.know(verb), random.Random(verb.name)  # noqa: S311
        faults = [at_place(known, place) for place in _SOME[verb.name]]
        for kind, count in ((KILL, 2), (TORN, 2), (STOP, 1)):
            faults += drawn(known, kind, count, chance)
        results += [tried(laboratory, verb, known, fault) for fault in faults]
    lines = [json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results]
    file.write_text("".join(lines))


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
