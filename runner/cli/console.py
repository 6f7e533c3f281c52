"""What a run looks like to the person who waits for it: rich on stderr, nothing on stdout."""

import time
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from runner.records import Step
from runner.text.secrets import masked
from runner.text.visible import on_a_line, visible
from runner.text.wording import size

_PROGRESS_AFTER = 1.0
LOG_WIDTH = 160


class PeoplesConsole(Console):
    """A console that shows what a terminal would act on, and no secret, in lines or in cells."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Give a text as it is shown."""
        return super().render_str(visible(masked(text)), **how)


def open_console() -> Console:
    """Open stderr for people: as wide as the terminal, and wide enough for paths in a log."""
    console = PeoplesConsole(stderr=True)
    return console if console.is_terminal else PeoplesConsole(stderr=True, width=LOG_WIDTH)


class ConsoleObserver:
    """Draws each step with its time and size; a live line appears once one takes over a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._step = ""
        self._started = 0.0
        self._first: tuple[int, float] | None = None

    def step_started(self, name: str) -> None:
        """Start a live line, on a terminal."""
        self._step, self._started, self._first = name, time.monotonic(), None
        if self._console.is_terminal:
            self._status = self._console.status(escape(on_a_line(f"{name} …")))
            self._status.start()

    def step_finished(self, step: Step) -> None:
        """Print the step."""
        self.stop()
        amount = size(step.bytes) if step.bytes else ""
        self._console.print(
            f"  [green]✓[/] {step.name:<8}{step.seconds:>8.2f} s {amount:>9}  "
            f"[dim]{escape(step.detail)}[/]",
            highlight=False,
        )

    def progress(self, what: str, done: int, total: int) -> None:
        """Put how far it is into the live line."""
        if self._status is None or time.monotonic() - self._started < _PROGRESS_AFTER:
            return
        far = self._how_far(what, done, total)
        self._status.update(escape(on_a_line(f"{self._step}: {far}")))

    def _how_far(self, what: str, done: int, total: int) -> str:
        if what == "rows":
            return self._rows(done, total)
        share = f"{size(done)} of {size(total)} ({done / total:.0%})" if total else size(done)
        return f"{what}, {share}"

    def _rows(self, done: int, total: int) -> str:
        """Tell rows with their speed and what is left; those of an earlier try were not asked."""
        if self._first is None or done < self._first[0]:
            self._first = (done, time.monotonic())
        since, seconds = done - self._first[0], time.monotonic() - self._first[1]
        told = f"{done:,} of {total:,} rows"
        if not since or not seconds:
            return told
        speed = since / seconds
        left = timedelta(seconds=round((total - done) / speed))
        return f"{told}, {speed:,.3g} a second, {left} left"

    def stop(self) -> None:
        """Take the live line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None
