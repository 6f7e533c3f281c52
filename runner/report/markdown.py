"""A report as Markdown, for pull requests and terminals."""

from collections.abc import Iterable, Iterator, Sequence

from runner.evaluated import GateRecord, ScoreRecord
from runner.records import CheckRecord, Outcome
from runner.report.classes import BY_CLASS, Classes
from runner.report.contents import Contents
from runner.report.rows import Rows
from runner.report.slices import SliceTable
from runner.text.quoting import code, prose
from runner.text.wording import counted, figure, interval, size

_MOST_ROWS = 20
_WIDTH = 300


def as_markdown(contents: Contents) -> str:
    """Write a report as Markdown.

    Args:
        contents: What it says.
    """
    return "\n\n".join(_sections(contents)) + "\n"


def as_summary(contents: Contents, description: str) -> str:
    """Write what is said of a model without its rows.

    Args:
        contents: What the report says.
        description: What the recipe says of it.
    """
    said = (prose(description) if description else "", *_verdict(contents), _provenance(contents))
    return "\n\n".join(part for part in said if part) + "\n"


def _sections(contents: Contents) -> Iterator[str]:
    record, found = contents.record, contents.record.evaluation
    yield from _verdict(contents)
    if contents.rows and contents.rows.judge:
        yield from _rows(contents.rows)
    if contents.classes:
        yield from _classes(contents.classes)
    yield from (_section(f"By {code(one.column)}", _slice(one)) for one in contents.slices)
    if found:
        yield _section("Speed and size", _table(("what", "value"), _measured(found.measured)))
    if open_checks := [c for c in record.checks if c.outcome is not Outcome.PASSED]:
        yield _section("Checks that did not pass", _checks(open_checks))
    yield from (prose(note) for note in record.notes)
    yield _provenance(contents)


def _verdict(contents: Contents) -> Iterator[str]:
    record, found = contents.record, contents.record.evaluation
    yield f"# {record.verdict.capitalize()}: {code(record.recipe)}"
    yield prose(contents.reason)
    if found and found.gates:
        yield _section("Gates", _gates(found.gates))
    yield from (prose(note) for note in (found.notes if found else ()))
    if contents.scores:
        yield _section("Metrics", _scores(contents.scores))


def _provenance(contents: Contents) -> str:
    named = ((name, _cell(value)) for name, value in contents.provenance)
    return _section("Provenance", _table(("what", "value"), named))


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}"


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, rule, *lines))


def _cell(text: str) -> str:
    """Give a text of any origin as a cell; what is long is cut, and has an end that says so."""
    return code(text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…", in_table=True)


def _gates(gates: Iterable[GateRecord]) -> str:
    heads = ("gate", "verdict", "must be", "is", "interval", "why")
    return _table(heads, (_gate(gate) for gate in gates))


def _gate(gate: GateRecord) -> Sequence[str]:
    measured = gate.value is not None
    return (
        _cell(gate.name),
        f"**{gate.verdict}**",
        _cell(gate.condition),
        figure(gate.value) if measured else "–",
        interval(gate.low, gate.high) if measured else "–",
        prose(gate.message),
    )


def _scores(scores: Iterable[ScoreRecord]) -> str:
    lines = ((_cell(s.name), *_score(s), str(s.rows)) for s in scores)
    return _table(("metric", "value", "interval", "rows"), lines)


def _score(score: ScoreRecord) -> tuple[str, str]:
    return figure(score.value), interval(score.low, score.high)


def _rows(rows: Rows) -> Iterator[str]:
    said = f"{rows.wrong:,} of {counted(rows.total, 'row')} are not right by {code(rows.judge)}."
    worst = [row for row in rows.shown if row.bad is not None][:_MOST_ROWS]
    lines = ([_cell(t) for t in (r.id, r.given, r.target, r.answer)] for r in worst)
    table = _table(("row", "input", "target", "answer"), lines)
    yield _section("Rows", f"{said}\n\n{table}" if worst else said)


def _classes(classes: Classes) -> Iterator[str]:
    if classes.matrix:
        named = [_cell(label) for label in classes.labels]
        lines = ((n, *map(str, line)) for n, line in zip(named, classes.matrix, strict=True))
        about = "A line is what is right, a column what was answered."
        yield _section("Confusion matrix", f"{about}\n\n{_table(('right', *named), lines)}")
        by_class = (
            (_cell(line.label), str(line.actual), *(_with_interval(*one) for one in line.values))
            for line in classes.lines
        )
        yield _section("By class", _table(("class", "rows", *BY_CLASS), by_class))
    elif classes.confused:
        mistakes = ((_cell(c.target), _cell(c.answer), str(c.rows)) for c in classes.confused)
        yield _section("Mistakes", _table(("right", "answered", "rows"), mistakes))
    if classes.calibration:
        bins = (
            (f"{b.low:.2g} to {b.high:.2g}", f"{b.probability:.3f}", f"{b.right:.3f}", str(b.rows))
            for b in classes.calibration
        )
        heads = ("probability of the best label", "its mean", "share right", "rows")
        yield _section("Calibration", _table(heads, bins))


def _with_interval(value: float, low: float | None, high: float | None) -> str:
    return f"{figure(value)} ({interval(low, high)})"


def _slice(table: SliceTable) -> str:
    heads = (code(table.column, in_table=True), "rows", *(_cell(name) for name in table.metrics))
    lines = (
        (
            _cell(value),
            str(scores[0].rows),
            *(f"{value} ({ends})" for value, ends in map(_score, scores)),
        )
        for value, scores in table.lines
    )
    more = f"\n\n{table.left_out} more are in the record." if table.left_out else ""
    return _table(heads, lines) + more


def _measured(measured: dict[str, float]) -> Iterator[Sequence[str]]:
    for name, value in measured.items():
        yield name, size(int(value)) if name.endswith("_bytes") else figure(value)


def _checks(checks: Iterable[CheckRecord]) -> str:
    lines = ((_cell(c.name), c.view, c.outcome, prose(c.message)) for c in checks)
    return _table(("check", "view", "outcome", "found"), lines)
