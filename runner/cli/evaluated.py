"""What an evaluation on data found, for people: metrics, gates, and the rows it did worst on."""

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from runner.evaluated import EvaluationRecord, GateRecord, GateVerdict, RowRecord, ScoreRecord
from runner.recipe.language.gates import OF_GENERATION
from runner.text.wording import counted, figure, interval, size

_COLOURS = {
    GateVerdict.PASSED: "green",
    GateVerdict.FAILED: "red",
    GateVerdict.UNDECIDED: "yellow",
}
_MOST_SCORES = 20


def print_evaluation(console: Console, found: EvaluationRecord) -> None:
    """Print what was found: how the model did, whether it passes, and where it went wrong.

    Args:
        console: Where to.
        found: What was found.
    """
    data = found.data
    kept = data.rows - data.inferred
    rows = counted(data.rows, "row") + (f", {kept} of them answered before" if kept else "")
    rows += f", each asked {counted(data.repeat, 'time')}" if data.repeat > 1 else ""
    console.print(f"  [bold]{escape(data.name or 'rows of the recipe')}[/]: {rows}")
    for note in found.notes:
        console.print(f"  [yellow]{escape(note)}[/]", highlight=False)
    if found.scores:
        console.print(_scores(found.scores))
        if left := len(found.scores) - _MOST_SCORES:
            console.print(f"  … and {left} more in the record") if left > 0 else None
    console.print(f"  [dim]{_beside(found.measured)}[/]", highlight=False)
    if found.worst:
        console.print(_worst(found.worst))
        console.print(f"  all rows: {found.table}", markup=False, highlight=False, soft_wrap=True)
    if found.gates:
        console.print(_gates(found.gates))


def _scores(scores: Iterable[ScoreRecord]) -> Table:
    table = _table("metric", "value", "interval", "rows")
    for score in list(scores)[:_MOST_SCORES]:
        ends = interval(score.low, score.high)
        table.add_row(escape(score.name), figure(score.value), ends, str(score.rows))
    return table


def _gates(gates: Iterable[GateRecord]) -> Table:
    table = _table("gate", "must be", "is", "interval", "verdict", "")
    for gate in gates:
        table.add_row(
            escape(gate.name),
            escape(gate.condition),
            "" if gate.value is None else figure(gate.value),
            "" if gate.value is None else interval(gate.low, gate.high),
            f"[{_COLOURS[gate.verdict]}]{gate.verdict}[/]",
            escape(gate.message),
        )
    return table


def _worst(rows: Iterable[RowRecord]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    table.add_column("wrong row", no_wrap=True)
    for name in ("input", "target", "answer"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(
            *(escape(_text(cell)) for cell in (row.id, row.given, row.target, _best(row.answer)))
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _best(answer: Any) -> Any:
    """Give of labels with scores the best one."""
    match answer:
        case [{"label": label, "score": float(score), **rest}, *_] if not rest:
            return f"{label} ({score:.3f})"
        case _:
            return answer


def _beside(measured: dict[str, float]) -> str:
    """Say what was measured beside the metrics; of a run that was killed, something may lack."""
    rates, load, memory, disk = map(
        measured.get, ("rows_per_second", "load_seconds", "peak_memory_bytes", "size_bytes")
    )
    said = [
        *(
            f"{words} {', '.join(times)}"
            for words, start in (("latency of one row", "latency_"), ("of a batch", "batch_"))
            if (times := _quantiles(measured, start))
        ),
        "" if rates is None else f"{rates:.0f} rows/s",
        _tokens(measured),
        "" if load is None else f"loaded in {load:.2f} s",
        "" if memory is None else f"{size(int(memory))} of memory",
        "" if disk is None else f"{size(int(disk))} on disk",
    ]
    return "; ".join(part for part in said if part)


def _quantiles(measured: dict[str, float], start: str) -> list[str]:
    return [
        f"{name.split('_')[1]} {value:.1f} ms"
        for name, value in measured.items()
        if name.startswith(start)
    ]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return " ".join(text.split())


def _tokens(measured: dict[str, float]) -> str:
    """Say how fast a model that generates text is; nothing of any other."""
    read, written = map(measured.get, OF_GENERATION)
    if read is None or written is None:
        return ""
    first = measured.get("first_text_p50_ms")
    begun = "" if first is None else f", the first after {first:.0f} ms"
    return f"{read:.0f} tokens/s read, {written:.0f} written{begun}"
