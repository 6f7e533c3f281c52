"""Labelled rows and gates as a command line names them, for a recipe to begin with."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.findings import Finding, RecipeError
from runner.metrics import all_metrics
from runner.recipe.composing.overrides import COMMAND_LINE
from runner.recipe.language.gates import FORM, MEASURED, parse_gate
from runner.text.spelling import did_you_mean

_GATE = re.compile(r"\s*(?P<name>[^\s<>]+)\s*(?P<condition>[<>].*)")


@dataclass(frozen=True)
class Rows:
    """Rows that a model is measured on.

    Args:
        data: The file or folder, relative to the working directory.
        target: The column with what is right.
        gates: What must hold, a metric with a condition each: ``accuracy >= 0.9``.
    """

    data: str
    target: str
    gates: Sequence[str]

    def block(self, folder: Path) -> dict[str, Any]:
        """Give the fields of a recipe's ``evaluation`` block.

        Args:
            folder: The folder of the recipe's file.

        Raises:
            RecipeError: The file is not there, or a gate is none.
        """
        if not Path(self.data).expanduser().exists():
            raise _wrong("dataset-missing", f"{self.data} does not exist.", "Name a file of rows.")
        gates = dict(_gate(text) for text in self.gates)
        absolute = os.path.isabs(os.path.expanduser(self.data))
        path = self.data if absolute else Path(os.path.relpath(self.data, folder)).as_posix()
        return {
            "dataset": {"path": path, "target": self.target},
            "metrics": [name for name in gates if name not in MEASURED],
            "gates": gates,
        }


def _gate(text: str) -> tuple[str, str]:
    match = _GATE.fullmatch(text)
    if not match or parse_gate(match["condition"]) is None:
        raise _wrong("bad-gate", f"`{text}` is no gate.", f"Name a metric. {FORM}")
    name, known = match["name"], [*all_metrics(), *MEASURED]
    if name not in known:
        remedy = did_you_mean(name, known) or "docs/metrics.md lists the metrics."
        raise _wrong("bad-gate", f"Nothing that is measured is called `{name}`.", remedy)
    return name, match["condition"].strip()


def _wrong(code: str, message: str, remedy: str) -> RecipeError:
    return RecipeError([Finding(code, message, remedy, place=COMMAND_LINE)])
