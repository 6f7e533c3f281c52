"""What Python looks through for garbage."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def imports_out_of_sight() -> Generator[None]:
    """Keep what the imports made, which is not garbage, out of what is looked through for it."""
    if gc.get_freeze_count():  # somebody else's doing: theirs to undo
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def garbage_left_lying() -> Generator[None]:
    """Look for no garbage: for work that makes next to none, and is over soon.

    Imports and values that stay make the collector look through all of them, again and again. At
    the end they are among what is old, which is looked through when that has grown by much.
    """
    if not gc.isenabled():  # somebody else's doing: theirs to undo
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        gc.enable()
