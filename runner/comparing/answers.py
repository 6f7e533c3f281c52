"""Answers beside each other: how many are the same, how far numbers are apart, what they say."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.comparing.runs import Run
from runner.comparing.words import Piece, cut, pieces
from runner.evaluation.paired import Pair, pairs
from runner.evaluation.row_table import TableRow, read_rows

_MOST_INPUTS = 20
_MOST_ROWS = 30


@dataclass(frozen=True)
class Agreement:
    """How far two runs' answers are the same.

    Args:
        compared: How many inputs both answered.
        equal: How many answers say the same: the same text, the same best label.
        largest: The largest difference of two numbers at the same place of an answer; None where
            answers hold none.
    """

    compared: int
    equal: int
    largest: float | None


@dataclass(frozen=True)
class Asked:
    """An input, with what each run answered.

    Args:
        given: The input.
        target: What is right; empty where that is not known.
        answers: An answer for each run in order, in pieces; None where it was not asked.
    """

    given: str
    target: str
    answers: tuple[tuple[Piece, ...] | None, ...]

    @property
    def differs(self) -> bool:
        """Whether an answer is not the baseline's."""
        return any(piece.kind != "same" for answer in self.answers for piece in answer or ())


def agreement(answers: Iterable[tuple[Any, Any]]) -> Agreement:
    """Say how far answers are the same.

    Args:
        answers: Both answers to each input.
    """
    compared = equal = 0
    largest: float | None = None
    for ours, theirs in answers:
        compared += 1
        equal += said(ours) == said(theirs)
        numbers, others = _numbers(ours), _numbers(theirs)
        for place in numbers.keys() & others.keys():
            largest = max(largest or 0.0, abs(numbers[place] - others[place]))
    return Agreement(compared, equal, largest)


def shared_rows(run: Run, baseline: Run) -> list[Pair]:
    """Give the rows that a run and the baseline both answered; none where one has no table.

    Args:
        run: The run.
        baseline: The baseline.
    """
    if run.table is None or baseline.table is None:
        return []
    return list(pairs(read_rows(run.table), read_rows(baseline.table)))


def shared_inputs(run: Run, baseline: Run) -> Iterator[tuple[Any, Any]]:
    """Give both answers to the inputs of the proof that a run and the baseline have in common.

    Args:
        run: The run.
        baseline: The baseline.
    """
    theirs = _proven(baseline)
    for given, answer in _proven(run).items():
        if given in theirs:
            yield answer, theirs[given]


def side_by_side(runs: Sequence[Run], baseline: Run, shared: Iterable[list[Pair]]) -> list[Asked]:
    """Give inputs with the answers of all runs: those of the proof, then rows of the dataset.

    Args:
        runs: The runs.
        baseline: The one that the others' answers are held to.
        shared: The rows that each run has in common with it.

    Returns:
        Of the rows, those that most runs answer otherwise than the baseline.
    """
    proven = [_proven(run) for run in runs]
    inputs = list(dict.fromkeys(given for answers in proven for given in answers))
    usual = _proven(baseline)
    of_proof = [
        _asked(given, "", [answers.get(given, _NOTHING) for answers in proven], usual.get(given))
        for given in inputs[:_MOST_INPUTS]
    ]
    return [*of_proof, *_rows(runs, baseline, shared)]


_NOTHING = object()


def _rows(runs: Sequence[Run], baseline: Run, shared: Iterable[list[Pair]]) -> Iterator[Asked]:
    apart = Counter(row.id for rows in shared for row in rows if _differ(row))
    ids = {id_ for id_, _ in apart.most_common(_MOST_ROWS)}
    answers = [_picked(run, ids) for run in runs]
    for id_, row in _picked(baseline, ids).items():
        each = [found[id_].answer if id_ in found else _NOTHING for found in answers]
        yield _asked(_text(row.given), _text(row.target), each, row.answer)


def _differ(row: Pair) -> bool:
    return said(row.answers[0]) != said(row.answers[1])


def _picked(run: Run, ids: set[str]) -> dict[str, TableRow]:
    if run.table is None or not ids:
        return {}
    return {row.id: row for row in read_rows(run.table) if row.id in ids}


def _asked(given: str, target: str, answers: Sequence[Any], usual: Any) -> Asked:
    baseline = _text(said(usual))
    told = (
        None if answer is _NOTHING else pieces(_text(said(answer)), baseline) for answer in answers
    )
    return Asked(cut(given), cut(target), tuple(told))


def _proven(run: Run) -> Mapping[str, Any]:
    outputs = run.view.outputs if run.view else []
    return {_text(g): answer for g, answer in zip(run.record.inputs, outputs, strict=False)}


def said(answer: Any) -> Any:
    """Give what an answer says: of labels with scores the best label, and all else as it is.

    Args:
        answer: The answer.
    """
    match answer:
        case [{"label": label, "score": int() | float(), **rest}, *_] if not rest:
            return label
        case {"label": str(label), "score": int() | float(), **rest} if not rest:
            return label
        case _:
            return answer


def _numbers(answer: Any, place: str = "") -> dict[str, float]:
    """Give every number of an answer by its place, which of a label's score is the label.

    Of an array in a record only its shape and its first numbers are known.
    """
    match answer:
        case bool() | str() | None:
            return {}
        case int() | float():
            return {place: float(answer)}
        case {"label": str(label), "score": int() | float() as score}:
            return {f"{place}.{label}": float(score)}
        case {"shape": list(shape), "head": list(head), **rest} if not rest:
            return _numbers(head, f"{place}{shape}")
        case dict():
            parts = answer.items()
        case list():
            labelled = all(isinstance(one, dict) and "label" in one for one in answer)
            parts = (("" if labelled else number, part) for number, part in enumerate(answer))
        case _:
            return {}
    found: dict[str, float] = {}
    for key, part in parts:
        found |= _numbers(part, f"{place}.{key}")
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
