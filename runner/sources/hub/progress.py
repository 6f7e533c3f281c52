"""Progress of a download, told from what has arrived in the hub's cache."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from runner.sources.base import Progress
from runner.upstream.hub_api import cached_repo

_EVERY = 0.25


@contextmanager
def telling(progress: Progress, repo: str, total: int) -> Generator[None]:
    """Tell of the bytes that arrive while a repository is fetched.

    What has arrived is read from the cache, because the ways to fetch a file (plain, xet,
    hf_transfer) have nothing else in common.

    Args:
        progress: Whom to tell.
        repo: The repository.
        total: Bytes to come; nothing is told where none are.
    """
    blobs = cached_repo(repo) / "blobs"
    before, done = _size(blobs), Event()

    def watch() -> None:
        while not done.wait(_EVERY):
            progress(f"fetching {repo}", min(_size(blobs) - before, total), total)

    watcher = Thread(target=watch, daemon=True)
    if total:
        progress(f"fetching {repo}", 0, total)
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if total:
            watcher.join()
    if total:
        progress(f"fetching {repo}", total, total)


@contextmanager
def quiet_client() -> Generator[None]:
    """Keep huggingface_hub from printing: its bars, and its warning at each of its own retries.

    The warnings name addresses with what is in them: a password, a signature.
    """
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        logging,
    )

    shown, verbosity = not are_progress_bars_disabled(), logging.get_verbosity()
    disable_progress_bars()
    if verbosity >= logging.WARNING:
        logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            enable_progress_bars()


def _size(folder: Path) -> int:
    total = 0
    for file in folder.glob("*"):
        try:
            total += file.stat().st_size
        except OSError:  # a partial file that has just been renamed
            continue
    return total
