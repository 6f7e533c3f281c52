"""What the runner's inference code answers otherwise than MLflow's, on purpose."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.comparing import same
from tests.conformance.packaged import VIEWS, Packaged
from tests.conformance.samples import LONG

Answer = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A way in which answers differ that is meant.

    Args:
        what: What differs, in words.
        why: Its reason.
        explains: Whether that is it, of the input, the answer of MLflow's code, and ours.
    """

    what: str
    why: str
    explains: Callable[[Any, Answer, Answer], bool]


def _texts(given: Any) -> Iterator[str]:
    match given:
        case str():
            yield given
        case dict():
            for value in given.values():
                yield from _texts(value)
        case list():
            for value in given:
                yield from _texts(value)


def _answers_where_mlflow_fails(theirs: Answer, ours: Answer) -> bool:
    return "error" in theirs and "value" in ours


def _too_long(given: Any, theirs: Answer, ours: Answer) -> bool:
    long = any(LONG in text for text in _texts(given))
    return long and _answers_where_mlflow_fails(theirs, ours)


def _no_entity(given: Any, theirs: Answer, ours: Answer) -> bool:
    texts = list(_texts(given))
    empty = any(not text.strip() for text in texts)
    right = _answers_where_mlflow_fails(theirs, ours) and len(ours["value"]) == len(texts)
    return (
        empty and right and [not text.strip() for text in texts] == [not v for v in ours["value"]]
    )


def _python(given: Any, theirs: Answer, ours: Answer) -> bool:
    try:
        for text in _texts(given):
            ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return "value" in ours


def _a_vector_a_row(given: Any, theirs: Answer, ours: Answer) -> bool:
    if "error" in theirs or "error" in ours:
        return False
    rows, tokens = ours["value"], theirs["value"]
    means = [sum(column) / len(tokens) for column in zip(*tokens, strict=True)]
    return len(rows) == len(list(_texts(given))) and same(rows[0], means)


def _the_best_label(given: Any, theirs: Answer, ours: Answer) -> bool:
    return "value" in theirs and same(theirs["value"][:1], ours.get("value"))


def _the_best_cell(given: Any, theirs: Answer, ours: Answer) -> bool:
    return "value" in theirs and same([row["0"] for row in theirs["value"]], ours.get("value"))


def _begins(given: Any, theirs: Answer, ours: Answer) -> bool:
    if any(_texts(given)) or "error" in theirs or "error" in ours:
        return False
    (one,), (other,) = theirs["value"], ours["value"]
    return (
        one["choices"][0]["text"] == other["choices"][0]["text"]
        and one["usage"]["total_tokens"] == other["usage"]["total_tokens"]
    )


LONG_ROW = Difference(
    "a text longer than the model is cut, with a warning, where MLflow's code raises",
    "see below, rows longer than the model",
    _too_long,
)
DIFFERENCES: dict[str, tuple[Difference, ...]] = {
    "text-classification": (
        Difference(
            "one text that reads as Python (`7`, `None`, `'quoted'`) is that text; MLflow's code takes its value",
            "it is what the caller sent; so it is in a list of texts, and natively",
            _python,
        ),
    ),
    "token-classification": (
        Difference(
            "a text without an entity gives an empty text, where MLflow's code raises",
            "as many rows out as in",
            _no_entity,
        ),
    ),
    "feature-extraction": (
        Difference(
            "a vector a row, the mean of its tokens; MLflow's code gives the tokens of the first row alone",
            "as many rows out as in",
            _a_vector_a_row,
        ),
    ),
    "audio-classification": (
        Difference(
            "a row a recording, with its best label; MLflow's code gives a row a label",
            "as many rows out as in",
            _the_best_label,
        ),
    ),
    "image-classification": (
        Difference(
            "columns label and score, of the best label; MLflow's code has columns 0, 1 with both in a cell",
            "the signature names the columns",
            _the_best_cell,
        ),
    ),
    "llm/v1/completions": (
        Difference(
            "the token that stands for an empty prompt counts as the prompt's; with MLflow's code as the answer's",
            "an answer has `max_tokens` at most, and then ends for its length",
            _begins,
        ),
    ),
}


def unexplained(packaged: Packaged, name: str) -> list[Any]:
    """Give what differs from MLflow's answers in a case without being meant."""
    return [one for one, difference in _found(packaged, name) if difference is None]


def rows(packaged: Packaged) -> list[tuple[str, ...]]:
    """Say of each task that MLflow answers how many drawn inputs were asked, and what differs.

    Args:
        packaged: Every case, packaged and asked.
    """
    asked: dict[str, int] = defaultdict(int)
    counted: dict[str, dict[Difference, int]] = defaultdict(lambda: defaultdict(int))
    for name, case in packaged.cases.items():
        if not _compared(packaged, name):
            continue
        numbers = packaged.numbers(case)["extended"]
        asked[case.task] += sum(len(numbers[view]) - 1 for view in VIEWS[1:])
        for (_, number, *_), difference in _found(packaged, name):
            if number and difference:
                counted[case.task][difference] += 1
    return [
        (task, str(number), str(differ), what, why)
        for task, number in asked.items()
        for what, why, differ in [(d.what, d.why, n) for d, n in counted[task].items()]
        or [("–", "–", 0)]
    ]


def _compared(packaged: Packaged, name: str) -> bool:
    return bool(packaged.answers[name].get("ours", {}).get("has_pyfunc"))


def _found(packaged: Packaged, name: str) -> Iterator[tuple[Any, Difference | None]]:
    if not _compared(packaged, name):
        return
    meant = (LONG_ROW, *DIFFERENCES.get(packaged.cases[name].task, ()))
    for view in VIEWS[1:]:
        for number, theirs, ours in packaged.answers[name]["extended"]["differs"][view]:
            given = packaged.asked[name][number]["input"].get("json", "")
            sides = _unpacked(theirs), _unpacked(ours)
            why = next((d for d in meant if d.explains(given, *sides)), None)
            yield (view, number, given, *sides), why


def _unpacked(answer: Answer) -> Answer:
    """Take a served answer out of the envelope that MLflow's server puts it into."""
    match answer:
        case {"value": {"predictions": value}}:
            return {"value": value}
        case _:
            return answer
