"""Watching: something is drawn anew at a terminal whenever files change, until Ctrl-C."""

import time
from collections.abc import Callable, Hashable
from contextlib import suppress

from rich.console import Console, RenderableType
from rich.live import Live

_EVERY = 1.0
"""Seconds between two looks."""


def watch(
    console: Console,
    state: Callable[[], Hashable],
    draw: Callable[[], RenderableType],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Draw whenever the state is another, until Ctrl-C.

    Args:
        console: Where to.
        state: Gives what tells one state from another, cheaply.
        draw: Gives what is to be seen.
        pause: Waits for some seconds.
    """
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        last: Hashable = object()
        while True:
            now = state()
            if now != last:
                live.update(draw(), refresh=True)
                last = now
            pause(_EVERY)
