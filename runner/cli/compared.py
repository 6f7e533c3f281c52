"""Runs side by side, for people at a terminal."""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from runner.cli.console import LOG_WIDTH, PeoplesConsole
from runner.text.secrets import masked
from runner.text.visible import on_a_line

if TYPE_CHECKING:
    from runner.comparing.comparison import Comparison
    from runner.comparing.decision import Decision
    from runner.comparing.words import Piece

_COLOURS = {"ship": "bold green", "undecided": "bold yellow", "none": "bold red"}
_STYLES = {"same": "", "new": "green underline", "gone": "red strike"}
_MARKS = {"same": "{}", "new": "{{+{}+}}", "gone": "[-{}-]"}
"""As git marks words, for terminals without colours."""
_MOST_ASKED = 8


def print_decision(console: Console, decision: "Decision") -> None:
    """Print which run to ship, and the command for it.

    Args:
        console: Where to.
        decision: Which run, and why.
    """
    for line in _decided(decision):
        console.print(line, soft_wrap=True, highlight=False)


def print_comparison(console: Console, compared: "Comparison") -> None:
    """Print a comparison: the decision first, on a line of its own.

    Args:
        console: Where to.
        compared: The comparison.
    """
    print_decision(console, compared.decision)
    console.print(Group(*_tables(compared)))


def drawn(compared: "Comparison") -> RenderableType:
    """Give a comparison as it is drawn over and over: the decision first.

    Args:
        compared: The comparison.
    """
    return Group(*_decided(compared.decision), *_tables(compared))


def _decided(decision: "Decision") -> Iterable[Text]:
    yield Text(_shown(decision.sentence), _COLOURS[decision.choice])
    if decision.command:
        yield Text(f"  {_shown(decision.command)}", overflow="fold")


def _tables(compared: "Comparison") -> Iterable[RenderableType]:
    from runner.comparing import table

    lines = ([cell.text for cell in cells] for _, cells in table.lines(compared))
    yield Text()
    yield _table(table.heads(compared), lines)
    yield from (Text(_shown(f"  {name}: {why}")) for name, why in table.reasons(compared))
    if compared.baseline:
        held = compared.against.values()
        yield Text(f"\nagainst {_shown(compared.baseline.name)}", "bold")
        if differences := [line for one in held for line in table.differing(one)]:
            yield _table(table.AGAINST, differences)
        yield _table(table.ANSWERS, [table.agreeing(one) for one in held])
    if differing := [asked for asked in compared.asked if asked.differs]:
        yield Text(f"\nanswers that differ: {len(differing)} of {len(compared.asked)}", "bold")
        for asked in differing[:_MOST_ASKED]:
            yield Text(f"  {_shown(asked.given)}")
            for run, answer in zip(compared.answering, asked.answers, strict=True):
                if answer is not None:
                    yield Text.assemble(f"    {_shown(run.name)}: ", *_marked(answer))


def _marked(answer: "tuple[Piece, ...]") -> Iterable[tuple[str, str]]:
    return (
        (_MARKS[piece.kind].format(_shown(piece.text)), _STYLES[piece.kind]) for piece in answer
    )


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(escape(head), overflow="fold")
    for line in lines:
        table.add_row(*(escape(text) for text in line))
    return table


def _shown(text: str) -> str:
    return on_a_line(masked(text))


def as_text(compared: "Comparison") -> str:
    """Give a comparison as text without colours.

    Args:
        compared: The comparison.
    """
    written = StringIO()
    console = PeoplesConsole(file=written, width=LOG_WIDTH, color_system=None)
    print_comparison(console, compared)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"
