"""Faults of every kind, befalling every verb one after another, each with what became of it."""

import json
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from tests.faults.drawing import (
    CLOCK,
    FULL,
    KILL,
    MEMORY,
    READ_ONLY,
    SERVER,
    STOP,
    TORN,
    Drawn,
    at_place,
    drawn,
    most_of,
)
from tests.faults.trials import Known, Laboratory, Outcome
from tests.faults.verbs import SERVED, VERBS, Verb

_PART = {STOP: 0.12, FULL: 0.16, READ_ONLY: 0, MEMORY: 0.05, CLOCK: 0.08, SERVER: 0.16}
"""How many there are of a kind for each kill; of those without a number, one a verb."""
_SOME = {
    "run": [
        r"^rename .*artifacts/record\.json$",
        r"^rename .*/record\.json$",
        r"^unlink .*default/\.lock$",
    ],
    "run, cast, on data": [
        r"^symlink .*/asked/model$",
        r"^rename home/outputs/golden/default/record\.json$",
        r"^unlink .*default/\.lock$",
    ],
    "predict": [],
    "promote": [r"^rename .*promoted\.json$", r"^pwrite64 .*mlflow\.db$"],
    "clean": [r"^rmdir .*/good/default$"],
    "persist": [r"^rename .*MLmodel$"],
}
"""Some verbs, and where kills have left something."""
_FOR_EVER = ", for ever"


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
        commit: What was tried.
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
    commit: str


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
        most_of(known, fault.kind),
        f"{fault.where}{_FOR_EVER if fault.lasting else ''}",
        fault.struck,
        outcome.first.code,
        outcome.next.code,
        round(outcome.first.seconds + outcome.next.seconds, 2),
        outcome.first.said[-1500:],
        [*_badly_ended(fault, outcome, verb.points), *outcome.wrong],
        _commit(),
    )


@cache
def _commit() -> str:
    """Give the commit that is tried, with a mark where files differ from it."""
    line = [
        "git",
        "-C",
        str(Path(__file__).parent),
        "describe",
        "--always",
        "--dirty",
        "--exclude=*",
    ]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


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
        count: How many kills of each of the two kinds, shared among verbs; of other kinds a part.
        file: A line of JSON for each; where it has some already, it goes on after them.
        names: Verbs; all where absent.

    Returns:
        How many went wrong.
    """
    bad = 0
    lines = file.read_text().splitlines() if file.exists() else []
    done = Counter((line["verb"], line["kind"]) for line in map(json.loads, lines))
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
                many = max(1, round(count * _PART.get(kind, 1) * verb.share / total))
                faults = drawn(known, kind, many, chance)
                for fault in islice(faults, done[verb.name, kind], None):
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
