"""A comparison as Markdown, for pull requests."""

from collections.abc import Iterable, Iterator, Sequence

from runner.comparing.comparison import Comparison
from runner.comparing.table import (
    AGAINST,
    ANSWERS,
    NONE,
    agreeing,
    differing,
    heads,
    lines,
    reasons,
)
from runner.comparing.words import Piece
from runner.text.quoting import block, code, prose


def as_markdown(compared: Comparison) -> str:
    """Write a comparison as Markdown.

    Args:
        compared: The comparison.
    """
    return "\n\n".join(_sections(compared)) + "\n"


def _sections(compared: Comparison) -> Iterator[str]:
    decision = compared.decision
    yield prose(decision.sentence)
    if decision.command:
        yield block(decision.command, "sh")
    yield f"## Runs\n\n{_table(heads(compared), _runs(compared))}"
    if held := [f"- {code(name)}: {prose(why)}" for name, why in reasons(compared)]:
        yield "\n".join(held)
    if compared.aims and compared.front:
        named = ", ".join(code(aim.name) for aim in compared.aims)
        yield f"On the front is what no other run is at least as good as in all of {named}."
    if compared.baseline:
        held = compared.against.values()
        differences = [[_cell(text) for text in line] for one in held for line in differing(one)]
        yield f"## Against {code(compared.baseline.name)}"
        if differences:
            yield _table(AGAINST, differences)
        yield _table(ANSWERS, ([_cell(text) for text in agreeing(one)] for one in held))
    if asked := list(_asked(compared)):
        names = [run.name for run in compared.answering]
        yield "## Answers\n\nNew words are bold, words that are gone are struck out.\n\n" + _table(
            ("input", *names), asked
        )


def _runs(compared: Comparison) -> Iterator[list[str]]:
    for _, cells in lines(compared):
        yield [_cell(cell.text) for cell in cells]


def _asked(compared: Comparison) -> Iterator[list[str]]:
    for one in compared.asked:
        yield [_cell(one.given), *(_marked(answer) for answer in one.answers)]


def _marked(answer: tuple[Piece, ...] | None) -> str:
    if answer is None:
        return NONE
    marks = {"same": "", "new": "**", "gone": "~~"}
    return " ".join(
        f"{marks[piece.kind]}{_cell(piece.text)}{marks[piece.kind]}"
        for piece in answer
        if piece.kind == "same" or piece.text.strip()
    )


def _cell(text: str) -> str:
    return code(text, in_table=True) if text.strip() else ""


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(names)
    titles = [_cell(name) for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in (titles, rule, *rows))
