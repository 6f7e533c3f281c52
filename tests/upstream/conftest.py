"""The tests of this folder are first: where they fail, others fail by the same cause."""

from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put them before all others."""
    items.sort(key=lambda item: Path(__file__).parent not in item.path.parents)
