"""A hub at one address for all tests of a process, and the settings of processes that ask it.

huggingface_hub reads where the hub and its cache are when it is imported. As these are the same
for every test, what is imported with them is imported once (tests/forked.py).
"""

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.forked import share
from tests.hub_server import Hub, serving


@contextmanager
def hub_of(folder: Path) -> Iterator[Hub]:
    """Give an empty hub, and set what makes processes ask it and keep their cache in a folder.

    Args:
        folder: The cache lies in ``hf`` there.
    """
    hub, home = _started()
    home.unlink(missing_ok=True)
    home.symlink_to(folder / "hf")
    (folder / "hf").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _settings(hub, home).items():
            patch.setenv(name, value)
        yield hub
    hub.empty()


def leave_hub(patch: pytest.MonkeyPatch) -> None:
    """Let processes be offline, with another cache than the hub's: as tests begin."""
    hub, home = _started()
    for name in _settings(hub, home):
        patch.delenv(name)
    patch.setenv("HF_HUB_OFFLINE", "1")


@cache
def _started() -> tuple[Hub, Path]:
    """Start the hub, which ends with this process; gives it, and what links to its cache."""
    stack = ExitStack()
    atexit.register(stack.close)
    hub = stack.enter_context(serving())
    home = Path(stack.enter_context(TemporaryDirectory())) / "hf"
    share(_settings(hub, home))
    return hub, home


def _settings(hub: Hub, home: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "RECIPE_RUNNER_HUB_PATIENCE": "1",
    }
