"""What the tests of whole runs share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Outcome

Run = Callable[..., tuple[Outcome, Path]]


@pytest.fixture
def run(cli: Callable[..., Outcome], workspace: Path) -> Run:
    """Run a recipe; give what came of it and the model's folder."""

    def call(recipe: dict[str, Any]) -> tuple[Outcome, Path]:
        (workspace / "case.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
        done = cli("+recipe=case.yaml", "tracking.uri=null")
        return done, workspace / "outputs" / "case" / "default" / "model"

    return call
