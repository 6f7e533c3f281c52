"""``conda.yaml`` of a model: as MLflow writes it, with what a recipe has conda install."""

from pathlib import Path
from typing import Any

import yaml

from runner.recipe.language.requirements import Requirements

_FILE = "conda.yaml"


def write_conda(model: Path, requirements: Requirements) -> None:
    """Put the packages and channels of a recipe into a model's ``conda.yaml``.

    Args:
        model: The model folder, as MLflow left it.
        requirements: What the recipe asks for.
    """
    if not requirements.conda and not requirements.channels:
        return
    file = model / _FILE
    written: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    if requirements.channels:
        written["channels"] = list(requirements.channels)
    python, *rest = written["dependencies"]
    written["dependencies"] = [python, *requirements.conda, *rest]
    file.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")
