"""A review as Markdown, fit for a comment on a pull request."""

import difflib
import html
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from runner.recipe.reading.shelf import LOCK_SUFFIX
from runner.review.git import short
from runner.review.quoting import cell, in_words, is_long
from runner.review.review import Review, Reviewed
from runner.review.rules import ABSENT, MEANINGS, RULES, Change, Impact
from runner.review.severities import Override
from runner.review.severities_table import accepted
from runner.review.sides import Side
from runner.review.tree import Note
from runner.review.trial import Answer, Trial
from runner.text.quoting import block, code, prose
from runner.text.visible import unhidden
from runner.text.wording import counted

LONGEST = 60_000
"""Characters that a comment may have; GitHub takes 65,536."""
_FEW = 3
_WHOLE = ("recipe", "sweep")
_COMPARED = 20_000
_MOST_NOTES = 20
_LONGEST_PATH = 100
_SEE_BELOW = "see below"


def as_markdown(
    review: Review, trials: Mapping[str, Trial], expired: Sequence[Override] = ()
) -> str:
    """Write a review as Markdown.

    Args:
        review: The review.
        trials: The recipes that were run on both sides, by name.
        expired: Severities of the repository that hold no more.

    Returns:
        The whole review; without its details, or with the gravest recipes alone, where it would
        be too long for a comment.
    """
    groups = _grouped(review.recipes, trials)
    parts = [_section(group, trials, details=True) for group in groups]
    if sum(map(len, parts)) > LONGEST:
        parts = [_section(group, trials, details=False) for group in groups]
    head = _head(review)
    kept = list(_as_many_as_fit(parts, LONGEST - len(head)))
    taken = list(accepted(review, expired))
    text = "\n".join([head, *kept, *taken, *_rewritten(review.recipes), *_notes(review.notes)])
    if len(kept) < len(parts):
        text += f"\n{len(parts) - len(kept)} more sections do not fit here: see `--output json`.\n"
    return text[:LONGEST]


def _as_many_as_fit(parts: Sequence[str], room: int) -> Iterator[str]:
    for part in parts:
        room -= len(part)
        if room < 0:
            return
        yield part


def _head(review: Review) -> str:
    between = f"{_called(review.before)} → {_called(review.after)}"
    title = f"## Recipe review: {between}\n"
    if not review.recipes:
        return f"{title}\nNo recipe differs ({counted(review.unchanged, 'recipe')} unchanged).\n"
    counts = [f"**{review.count(i)} {i}**" for i in Impact if review.count(i)]
    kinds = Counter(one.what for one in review.recipes)
    things = " and ".join(counted(kinds[what], what) for what in sorted(kinds))
    differ = f"{things} {'differ' if review.recipes[1:] else 'differs'}"
    rest = f", {review.unchanged} unchanged" if review.unchanged else ""
    lines = [title, f"{' · '.join(counts)} — {differ}{rest}.", ""]
    impact = review.impact
    lines += [f"**{str(impact).capitalize()}**: {MEANINGS[impact]}.", ""]
    return "\n".join(lines)


def _called(side: Side) -> str:
    here = short(side.commit)
    if not here or side.commit.startswith(side.label):
        return code(side.label)
    return f"{code(side.label)} ({'where it was left, ' if side.parted else ''}{here})"


def _is_rewritten(one: Reviewed) -> bool:
    return {change.rule for change in one.changes} <= {"recipe-rewritten"}


def _grouped(recipes: Sequence[Reviewed], trials: Mapping[str, Trial]) -> list[list[Reviewed]]:
    """Put together recipes that change alike, as those do whose base changes."""
    told = [one for one in recipes if not _is_rewritten(one)]
    groups: dict[str, list[Reviewed]] = {}
    for one in told:
        key = repr((one.changes, one.findings)) if one.name not in trials else one.name
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _section(group: Sequence[Reviewed], trials: Mapping[str, Trial], *, details: bool) -> str:
    one = group[0]
    names = [code(member.name) for member in group]
    shown = names if len(names) <= _FEW else [*names[:_FEW], f"{len(names) - _FEW} more"]
    title = ", ".join(shown[:-1]) + (" and " if shown[1:] else "") + shown[-1]
    lines = [f"### {title} — {one.impact}", "", *_through(group)]
    for change in one.changes:
        lines += _sentence(change) if change.field in _WHOLE else ()
    lines += _table([change for change in one.changes if change.field not in _WHOLE])
    lines += [f"- {_finding(one, number)}" for number in range(len(one.findings))]
    lines += [""] if one.findings else []
    if trial := trials.get(one.name):
        lines += _answers(trial)
    if names[_FEW:]:
        lines += _folded("all recipes that change like this", [", ".join(names)])
    if details:
        for change in one.changes:
            lines += _details(change)
    return "\n".join(lines)


def _through(group: Sequence[Reviewed]) -> list[str]:
    """Say which files brought the change, where it was not the recipe's own."""
    own = {v.file for one in group for v in (one.before, one.after) if v}
    files = {file for one in group for file in one.files}
    locks = {f"{file.removesuffix('.yaml')}{LOCK_SUFFIX}" for file in own}
    bases = sorted(files - own - locks)
    if not bases or files & own:
        return []
    return [f"Through {', '.join(map(code, bases))}.", ""]


def _sentence(change: Change) -> list[str]:
    """Say what became of the recipe as a whole."""
    moved = f" from {code(change.before)}" if change.before is not ABSENT else ""
    what = change.what[0].upper() + change.what[1:]
    return [f"{prose(what)}{moved}. {prose(RULES[change.rule].why)}", ""]


def _table(changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    lines = ["| class | field | change | before | after |", "|---|---|---|---|---|"]
    for change in changes:
        cells = [_emphasised(change.impact), code(change.field, in_table=True), prose(change.what)]
        cells += [_cell(value) for value in (change.before, change.after)]
        lines.append(f"| {' | '.join(cells)} |")
    grave = dict.fromkeys(c.rule for c in changes if c.impact is Impact.BREAKING)
    reasons = [f"- {prose(RULES[name].title)}: {prose(RULES[name].why)}" for name in grave]
    return [*lines, "", *reasons, *([""] if reasons else [])]


def _emphasised(impact: Impact) -> str:
    return f"**{impact}**" if impact is Impact.BREAKING else str(impact)


def _cell(value: Any) -> str:
    return _SEE_BELOW if is_long(value) else cell(value)


def _finding(one: Reviewed, number: int) -> str:
    finding = one.findings[number]
    place = f"{code(str(finding.place))} " if finding.place else ""
    return f"{place}{code(finding.code)} {prose(f'{finding.message} {finding.remedy}'.strip())}"


def _details(change: Change) -> list[str]:
    """Show values that no cell can hold: side by side as a diff, or alone."""
    sides = [value for value in (change.before, change.after) if value is not ABSENT]
    if not any(is_long(value) for value in sides):
        return []
    texts = [_as_lines(value) for value in sides]
    if len(texts) == 1:
        shown = block(texts[0])
    else:
        before, after = (text[:_COMPARED].splitlines() for text in texts)
        lines = list(difflib.unified_diff(before, after, lineterm=""))[2:]
        shown = block("\n".join(lines), "diff")
    return _folded(change.field, [shown])


def _as_lines(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return in_words(value)


def _answers(trial: Trial) -> list[str]:
    """Show inputs with their answers before and after."""
    if not trial.answers:
        return []
    lines = ["| input | answer before | answer after |", "|---|---|---|"]
    lines += [
        f"| {' | '.join(_cell(v) for v in (a.given, a.before, a.after))} |" for a in trial.answers
    ]
    long = [a for a in trial.answers if any(map(is_long, (a.given, a.before, a.after)))]
    shown = [part for answer in long for part in _whole_answer(answer)]
    return [*lines, "", *(_folded("answers in full", shown) if shown else [])]


def _whole_answer(answer: Answer) -> Iterator[str]:
    for title, value in (
        ("input", answer.given),
        ("before", answer.before),
        ("after", answer.after),
    ):
        if value is not ABSENT:
            yield f"{title}:\n\n{block(_as_lines(value))}\n"


def _folded(summary: str, inside: Sequence[str]) -> list[str]:
    """Fold lines away; the summary is HTML, so its text is escaped."""
    return [f"<details><summary>{_html(summary)}</summary>", "", *inside, "", "</details>", ""]


def _html(text: str) -> str:
    return html.escape(unhidden(text).replace("\n", " "))


def _notes(notes: Sequence[Note]) -> list[str]:
    """List what is left out of either side."""
    if not notes:
        return []
    shown = [f"- {code(_cut(note.path))}: {prose(note.why)}" for note in notes[:_MOST_NOTES]]
    more = [f"- and {len(notes) - _MOST_NOTES} more"] if notes[_MOST_NOTES:] else []
    return ["### Left out", "", *shown, *more, ""]


def _cut(path: str) -> str:
    return path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"


def _rewritten(recipes: Sequence[Reviewed]) -> list[str]:
    """List what is written otherwise and composes the same, in a line for each reason."""
    same = sorted((one.files, code(one.name)) for one in recipes if _is_rewritten(one))
    if not same:
        return []
    lines = ["### Written otherwise, composed the same — cosmetic", ""]
    for files, group in groupby(same, key=lambda pair: pair[0]):
        names = ", ".join(name for _, name in group)
        lines.append(f"- {names} ({', '.join(map(code, files))})")
    return [*lines, ""]
