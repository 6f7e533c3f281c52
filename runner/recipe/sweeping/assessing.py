"""A sweep file judged: every point of it composed, each thing that is wrong told once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from runner.engines import LOCAL
from runner.findings import Finding, Loc, RecipeError
from runner.recipe.compose import compose_from
from runner.recipe.composing.composed import Composed
from runner.recipe.composing.overrides import key_of
from runner.recipe.language.gates import MEASURED, SIZE
from runner.recipe.reading.shelf import Shelf
from runner.recipe.sweeping.expanding import expand_sweep
from runner.recipe.sweeping.files import SweepFile
from runner.text.spelling import did_you_mean, one_of

_PRUNE: Loc = ("search", "prune")
_OBJECTIVES: Loc = ("search", "objectives")


@dataclass(frozen=True)
class Judged:
    """A sweep file with its points, and everything that is wrong with them.

    Args:
        composed: The points that are right, composed, with their warnings.
        findings: What is wrong, each thing once, with the place that set the value.
    """

    composed: tuple[Composed, ...]
    findings: tuple[Finding, ...]


def judge_sweep(
    file: SweepFile,
    shelf: Shelf,
    over: Sequence[Sequence[str]] = ((),),
    unasked: Collection[str] = (),
) -> Judged:
    """Compose every point of a sweep file.

    Args:
        file: The file.
        shelf: Where its recipes are.
        over: Overrides that win over the file's, whose points are made of each.
        unasked: Codes of findings that are left out, because they are of another machine.
    """
    composed: list[Composed] = []
    findings: list[Finding] = []
    try:
        expanded = expand_sweep(file)
    except RecipeError as error:
        return Judged((), tuple(error.findings))
    for winning in over:
        keys = {key_of(text) for text in winning}
        written = {t: origin for t, origin in expanded.written.items() if key_of(t) not in keys}
        kept = ([t for t in one.request if key_of(t) not in keys] for one in expanded.combinations)
        for request in dict.fromkeys((*texts, *winning) for texts in kept):
            try:
                composed.append(compose_from(shelf, request, written, unasked))
                findings += composed[-1].warnings
                findings += _never_looked_at(file, composed[-1])
                findings += _never_measured(file, composed[-1])
            except RecipeError as error:
                findings += error.findings
    return Judged(tuple(composed), tuple(_as_of(file, one) for one in once(findings)))


def _never_looked_at(file: SweepFile, composed: Composed) -> Iterator[Finding]:
    """Find a search that is to look at what its recipe does not measure row by row."""
    search = file.sweep.search if file.sweep else None
    if search is None or search.prune is None:
        return
    objective, evaluation = next(iter(search.objectives)), composed.recipe.evaluation
    names = [metric.key for metric in evaluation.metrics] if evaluation.dataset else []
    if objective not in names:
        message = f"`search.prune` looks at `{objective}`, which is no metric on a dataset."
        named = f"The recipe has {', '.join(names)}." if names else "Leave it out."
        remedy = did_you_mean(objective, names) or named
        yield Finding("bad-sweep", message, remedy, _PRUNE, file.place(_PRUNE))
    elif evaluation.engine != LOCAL:
        message = f"`search.prune` cannot look at rows that {evaluation.engine} answers."
        remedy = f"Leave it out, or write `evaluation.engine: {LOCAL}`."
        yield Finding("bad-sweep", message, remedy, _PRUNE, file.place(_PRUNE))


def _never_measured(file: SweepFile, composed: Composed) -> Iterator[Finding]:
    """Find what a search is to make greater or smaller, and no point of it would measure."""
    search, evaluation = file.sweep and file.sweep.search, composed.recipe.evaluation
    scored = [metric.key for metric in evaluation.metrics] if evaluation.dataset else []
    proved = [one.metric for one in evaluation.expect if one.similar_to is not None]
    names = [*scored, *proved, *(MEASURED if evaluation.dataset else [SIZE])]
    for objective in search.objectives if search and not search.prune else ():
        is_part = any(objective.startswith(f"{metric}.") for metric in scored)
        if objective not in names and not is_part:
            loc = (*_OBJECTIVES, objective)
            message = f"`search.objectives`: nothing that is measured is called `{objective}`."
            remedy = did_you_mean(objective, names) or f"It is about {one_of(names)}."
            yield Finding("bad-sweep", message, remedy, loc, file.place(loc))


def _as_of(file: SweepFile, finding: Finding) -> Finding:
    """Give a finding as it is told of the file, in which no word alone is at fault."""
    is_its = finding.place is not None and finding.place.file == file.document.file
    return replace(finding, fix=None) if is_its else finding


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Give each finding once: one that several values of a key have, at the first of them.

    Args:
        findings: Findings with their places.
    """
    told: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        told.setdefault((one.code, one.message, one.loc, one.place and one.place.file), one)
    return list(told.values())
