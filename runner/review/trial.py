"""Both sides run: what each recipe answers before and after, on its evaluation inputs."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.comparing.runs import Run, run_in
from runner.errors import RunnerError
from runner.files.temporary import temporary_folder
from runner.locks.differences import result_differences
from runner.locks.lock import LockedResult
from runner.recipe.reading.shelf import FOLDER
from runner.records import Observer, RunRecord
from runner.review.locks import result_changes
from runner.review.measured import compare_runs
from runner.review.review import Review, Reviewed
from runner.review.rules import ABSENT, Change
from runner.review.sides import Side, Version
from runner.review.signatures import canonical, compare_signatures, read_signature, same

_POINT = "review"
_RUN = "run."


@dataclass(frozen=True)
class Answer:
    """What an input is answered with.

    Args:
        given: The input.
        before: The answer before; ``ABSENT`` where the input was not in the proof.
        after: The answer after; ``ABSENT`` where the input is not in the proof.
    """

    given: Any
    before: Any
    after: Any


@dataclass(frozen=True)
class Trial:
    """A recipe run on both sides.

    Args:
        answers: Its inputs with what they were and are answered with.
        changes: What that means.
    """

    answers: tuple[Answer, ...]
    changes: tuple[Change, ...]


@contextmanager
def runnable(side: Side) -> Generator[Side]:
    """Give a side with all its files, so that recipes find the weights and inputs they name.

    Args:
        side: The side; the working tree is run where it is.
    """
    repository = side.layout.repository
    if not side.commit:
        yield side.layout.side(side.label, "", repository.top)
        return
    with temporary_folder("review") as folder:
        tree = Path(folder).resolve()
        repository.extract(side.commit, ("",), tree, lambda _: True)
        yield side.layout.side(side.label, side.commit, tree)


def try_all(
    found: Review, before: Side, after: Side, out: Path, observer: Observer
) -> tuple[Review, dict[str, Trial]]:
    """Run every recipe that differs, on both sides, and add what comes of it to the review.

    Args:
        found: The review.
        before: The side before, with all its files.
        after: The side after, with all its files.
        out: Folder for what the runs make.
        observer: Told of each run as it goes.

    Returns:
        The review with the changes that the runs show, and the trials by recipe.
    """
    trials: dict[str, Trial] = {}
    recipes: list[Reviewed] = []
    for one in found.recipes:
        if not _is_worth_it(one.before, one.after) or not one.before or not one.after:
            recipes.append(one)
            continue
        ends = [
            _run(side, version.name, out / place, observer)
            for side, version, place in (
                (before, one.before, "before"),
                (after, one.after, "after"),
            )
        ]
        trials[one.name] = trial = _compare(ends[0], ends[1])
        changes = [c for c in one.changes if not _is_settled(c, ends)]
        known = {(c.rule, c.field) for c in changes}
        seen = [c for c in trial.changes if (c.rule, c.field.removeprefix(_RUN)) not in known]
        changes = sorted([*changes, *seen], key=lambda c: c.impact.rank)
        recipes.append(replace(one, changes=tuple(changes)))
    ordered = sorted(recipes, key=lambda one: (one.impact.rank, one.name))
    return replace(found, recipes=tuple(ordered)), trials


def _is_worth_it(before: Version | None, after: Version | None) -> bool:
    if not before or not after or not before.recipe or not after.recipe:
        return False
    return (before.digest, before.lock) != (after.digest, after.lock)


def _is_settled(change: Change, ends: Sequence[RunRecord | RunnerError]) -> bool:
    """Tell whether the runs answer what could not be told without them."""
    ran = all(isinstance(end, RunRecord) for end in ends)
    return change.rule == "signature-unknown" and ran


def _run(side: Side, name: str, out: Path, observer: Observer) -> RunRecord | RunnerError:
    from runner.recipe.compose import compose
    from runner.work.run import run

    try:
        folders = [_config_dir(root) for root in (*side.roots, *side.others)]
        composed = compose([f"+recipe={name}", "tracking.uri=null"], folders)
        return run(composed, out / name, _POINT, observer)
    except RunnerError as error:
        return error


def _config_dir(root: Path) -> Path:
    """Give the folder that holds recipes and the groups beside them."""
    return root.parent if root.name == FOLDER else root


def _compare(was: RunRecord | RunnerError, now: RunRecord | RunnerError) -> Trial:
    if isinstance(was, RunnerError):
        return Trial((), (Change("run-impossible", "run", detail=f"before, {_why(was)}"),))
    if isinstance(now, RunnerError):
        return Trial((), (Change("run-broken", "run", detail=_why(now)),))
    answers = tuple(_answers(was, now))
    return Trial(answers, tuple(_differences(was, now, answers)))


def _said_of(record: RunRecord) -> LockedResult:
    """Give what a lock would say of a run, but for its outputs, which are compared one by one."""
    return LockedResult(verdict=record.verdict.value, metrics=record.metrics, outputs="")


def _run_of(record: RunRecord) -> Run:
    return run_in(Path(record.model).parent, record)


def _why(error: RunnerError) -> str:
    return str(error).partition("\n")[0]


def _answers(was: RunRecord, now: RunRecord) -> Iterator[Answer]:
    old, new = _by_input(was), _by_input(now)
    for key in dict.fromkeys([*new, *old]):
        given = (new.get(key) or old[key])[0]
        yield Answer(given, *(side.get(key, (None, ABSENT))[1] for side in (old, new)))


def _by_input(record: RunRecord) -> dict[str, tuple[Any, Any]]:
    """Give inputs and answers by input; of the view that callers of the pyfunc have, if any."""
    outputs = record.views[-1].outputs if record.views else []
    pairs = zip(record.inputs, outputs, strict=False)
    return {canonical(given): (given, answer) for given, answer in pairs}


def _differences(was: RunRecord, now: RunRecord, answers: Sequence[Answer]) -> Iterator[Change]:
    differing = [a for a in answers if not same(a.before, a.after)]
    both = [a for a in differing if ABSENT not in (a.before, a.after)]
    if both:
        detail = f"{len(both)} of {len(answers)} answered differently"
        yield Change("outputs-moved", "run.outputs", detail=detail)
    failed = now.failed_checks[0].told if now.failed_checks else ""
    for difference in result_differences(_said_of(was), _said_of(now)):
        for change in result_changes("run", difference):
            yield replace(change, detail=failed) if change.rule == "verdict-lost" else change
    yield from compare_runs("run", _run_of(was), _run_of(now))
    if failed and was.failed_checks:
        yield Change("verdict-still-lost", "run.verdict", detail=failed)
    if was.signature and now.signature:
        changes = compare_signatures(read_signature(was.signature), read_signature(now.signature))
        yield from (replace(change, field=f"{_RUN}{change.field}") for change in changes)
    if was.model_bytes and now.model_bytes and was.dtype != now.dtype:
        yield Change("locked-dtype", "run.dtype", was.dtype, now.dtype)
