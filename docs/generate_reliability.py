"""Write docs/reliability.md from what became of faults: ``make faults``.

``python docs/generate_reliability.py FILE…`` sums up files of results into ``docs/reliability.json``; without a file that is read.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

SUMMARY = Path(__file__).with_suffix(".json").with_name("reliability.json")
TARGET = SUMMARY.with_suffix(".md")
_KINDS = {
    "kill": "SIGKILL before a call",
    "kill in a write": "SIGKILL with half of a write done",
    "SIGTERM": "SIGTERM at a call",
    "full disk": "disk full",
    "read-only disk": "read-only disk",
    "little memory": "memory short",
    "clock": "clock jumps",
    "server": "tracking server",
}
_NAMES = ("kill", "torn", "stop", "full", "read_only", "memory", "clock", "server")
_KILLS = ("kill", "kill in a write")
_HEAD = """\
# What faults leave behind

Written by `make faults` (tests/faults), which has each fault befall each verb that writes, in a process of its own, and then runs the
same command again. {total:,} faults: {kills:,} kills, {lost} of which lost something and {doubled} did something twice.{tried}

| fault | what it is |
|---|---|
| {kill} | the n-th system call of the command that writes a file or changes a folder is not made: Linux shows each of them before it is made (`seccomp_unotify(2)`), whichever library makes it. Half of the numbers are drawn evenly over all calls, half over the different ones (call and file) |
| {torn} | the same, with the first half of the bytes written where the call is one that writes bytes |
| {stop} | the command is asked to end at such a call, which is made |
| {full} | a real file system (`tmpfs`) with room for a drawn part of what the command takes, in pages of 4 KiB |
| {read_only} | the same file system, mounted so that nothing can be written |
| {memory} | at most 16 MiB more may be mapped than at the start (`RLIMIT_AS`), a drawn number |
| {clock} | at a drawn reading of the clock, and from then on, it is forty days later or earlier, for every library |
| {server} | MLflow's own server answers the n-th request, or it and all after it, with 500, a reset, half an answer, none, or does what is asked and resets |

After the fault, before anything else runs, each file is one of three: as it was before, as it is where nothing goes wrong, or named as
unfinished (a name that begins with a dot, or ends in `.partial`). A model's folder is whole and loads with plain MLflow, or is not there. The same command again then
ends well, and all is as where nothing went wrong: the same files, of which those that are the same in every run have the same bytes, no
temporary file, no lock; in MLflow the same finished runs, models, registered versions and aliases, and nothing that is still open.

Each cell has how many faults struck; ✓ where all of that held for each.

"""
_TAIL = """
The command ended with {ends}. With the run after it that took {seconds} s in the middle.

Every process of a command is shown call by call: git, and the workers of a sweep, which are forked as commands are. A worker that is killed is begun
once more by the sweep.

What is not made: a machine that loses its power, where what was written is lost as the disk pleases, and faults of the disk other than that
it is full. A file of four bytes by which Python's `tempfile` tries a folder stays where a kill hits just that. A clock is read through the C library.
"""


def summed_up(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Sum up files of results; a fault that was tried again counts as it went the last time.

    Args:
        files: The files, the oldest first.
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    again: Counter[tuple[str, str]] = Counter()
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            result = json.loads(line)
            of_kind = found.setdefault((result["verb"], result["kind"]), [])
            before = [
                one
                for one in of_kind
                if result["struck"] and one["wrong"] and one["at"] == result["at"]
            ]
            for one in before[:1]:
                of_kind.remove(one)
                again[result["verb"], result["kind"]] += 1
            of_kind.append(result)
    return [
        {**_sum(*cell, results), "again": again[cell]} if again[cell] else _sum(*cell, results)
        for cell, results in found.items()
    ]


def _sum(verb: str, kind: str, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    struck = [result for result in results if result["struck"]]
    wrong = Counter(w.partition(":")[0] for result in struck for w in {*result["wrong"]})
    return {
        "verb": verb,
        "kind": kind,
        "of": max(result["of"] for result in results),
        "tried": len(results),
        "struck": len(struck),
        "wrong": dict(sorted(wrong.items())),
        "ends": dict(sorted(Counter(str(result["code"]) for result in struck).items())),
        "seconds": round(median(result["seconds"] for result in results), 1),
        "commits": dict(Counter(result["commit"] for result in results)),
    }


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give the page.

    Args:
        rows: What was summed up.
    """
    kills = [row for row in rows if row["kind"] in _KILLS]
    head = _HEAD.format(
        total=sum(row["struck"] for row in rows),
        kills=sum(row["struck"] for row in kills),
        lost=sum(_count(row, "lost") + _count(row, "half-written") for row in kills) or "none",
        doubled=sum(_count(row, "doubled or lost") for row in kills) or "none",
        tried=_tried(rows),
        **dict(zip(_NAMES, _KINDS.values(), strict=True)),
    )
    verbs = list(dict.fromkeys(row["verb"] for row in rows))
    cells = {(row["verb"], row["kind"]): row for row in rows}
    lines = [
        f"| verb | writing calls | {' | '.join(_KINDS.values())} |",
        f"|---|---|{'---|' * len(_KINDS)}",
    ]
    for verb in verbs:
        calls = next(
            (row["of"] for row in rows if row["verb"] == verb and row["kind"] == "kill"), ""
        )
        told = " | ".join(_cell(cells.get((verb, kind))) for kind in _KINDS)
        lines.append(f"| {verb} | {calls} | {told} |")
    totals = [str(sum(row["struck"] for row in rows if row["kind"] == kind)) for kind in _KINDS]
    lines.append(f"| **all** | | {' | '.join(totals)} |")
    return head + "\n".join(lines) + "\n" + _tail(rows)


def _tried(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say what was tried, and how many went wrong at first."""
    commits = Counter[str]()
    for row in rows:
        commits.update(row.get("commits", {}))
    named = [f"`{commit}`" for commit in commits]
    again = sum(row.get("again", 0) for row in rows)
    told = f"\nTried at {named[0]}" if named else ""
    if again:
        later = " and ".join(named[1:]) or "the same"
        return f"{told}; {again} went wrong there, and were tried again at {later}, with what they showed mended."
    return f"{told}." if told else ""


def _count(row: Mapping[str, Any], what: str) -> int:
    return int(row["wrong"].get(what, 0))


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None or not row["struck"]:
        return ""
    if not row["wrong"]:
        return f"{row['struck']} ✓"
    wrong = ", ".join(f"{count} {what}" for what, count in row["wrong"].items())
    return f"{row['struck']} ✗ ({wrong})"


def _tail(rows: Sequence[Mapping[str, Any]]) -> str:
    words = {"-9": "SIGKILL", "143": "143 (SIGTERM)", "-6": "SIGABRT", "-11": "SIGSEGV"}
    ends = Counter[str]()
    for row in rows:
        ends.update({words.get(code, f"code {code}"): n for code, n in row["ends"].items()})
    told = ", ".join(f"{word} {count:,} times" for word, count in ends.most_common())
    return _TAIL.format(ends=told, seconds=median(row["seconds"] for row in rows))


def main(files: Sequence[Path]) -> None:
    """Sum up what files say, if there are any, and write the page."""
    if files:
        rows = summed_up(files)
        SUMMARY.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TARGET.write_text(page(json.loads(SUMMARY.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
