"""What a person who waits is told while rows are asked: how many, how fast, how long still."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from runner.cli.console import ConsoleObserver
from runner.records import Step


def test_rows_are_told_with_their_speed_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("runner.cli.console.time", SimpleNamespace(monotonic=lambda: now[0]))
    drawn = io.StringIO()
    observer = ConsoleObserver(Console(file=drawn, force_terminal=True, width=100))
    observer.step_started("evaluate")
    for now[0], done in ((2.0, 400), (6.0, 600)):  # 400 had an answer before
        observer.progress("rows", done, 2000)
    observer.step_finished(Step(name="evaluate", seconds=6))
    assert "600 of 2,000 rows, 50 a second, 0:00:28 left" in drawn.getvalue()
