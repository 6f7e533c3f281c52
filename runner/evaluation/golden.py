"""Golden answers: those that somebody looked at and took for right, kept beside the recipe."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.models import Model

from runner.evaluation.answering import plain
from runner.evaluation.held import TOLERANCES, short_of
from runner.evaluation.inputs import inputs_of
from runner.evaluation.rows import same
from runner.files.disk import write_whole
from runner.recipe.composing.composed import Composed
from runner.recipe.reading.shelf import golden_file_of
from runner.text.visible import in_json

_UPDATE = "--update-golden takes what it answers now"


@dataclass(frozen=True)
class Golden:
    """The golden answers of a recipe.

    Args:
        file: Where they are: a line an input, ``{"input": …, "answer": …}``.
        given: The inputs, as the recipe writes them.
        view: The view whose answers they are: as callers get them, else as the library loads it.
        update: Whether what the model answers is to become golden.
    """

    file: Path
    given: Sequence[Any]
    view: str
    update: bool = False

    def check(self, rows: Sequence[Any], model: Path) -> tuple[str, str]:
        """Hold answers to the golden ones, or make them golden.

        Args:
            rows: The answer to each input.
            model: The model folder, whose dtype says what numbers may differ by.

        Returns:
            What is wrong, empty where nothing is; and what was done otherwise.
        """
        answers = [_rounded(plain(row)) for row in rows]
        if self.update:
            return "", self._write(answers)
        try:
            kept = [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]
            golden = [(one["input"], one["answer"]) for one in kept]
        except FileNotFoundError:
            return f"{self.file.name} is not there; {_UPDATE}", ""
        except OSError as error:
            return f"{self.file} cannot be read: {error.strerror or error}", ""
        except (ValueError, KeyError, TypeError, RecursionError):
            return f"{self.file.name} is not a line of JSON an input; {_UPDATE}", ""
        if [given for given, _ in golden] != [_as_json(given) for given in self.given]:
            return f"{self.file.name} is of other inputs; {_UPDATE}", ""
        return self._difference(answers, [answer for _, answer in golden], model), ""

    def _difference(self, answers: Sequence[Any], golden: Sequence[Any], model: Path) -> str:
        tolerance = TOLERANCES.get(_dtype_of(model), TOLERANCES["float32"])
        differing = [
            number
            for number, (now, was) in enumerate(zip(answers, golden, strict=True))
            if not same(now, was, tolerance / 10, tolerance)
        ]
        if not differing:
            return ""
        first = differing[0]
        more = f", and {len(differing) - 1} more differ" if differing[1:] else ""
        return (
            f"input {first} is answered {short_of(answers[first])}, "
            f"golden is {short_of(golden[first])}{more}; {_UPDATE}"
        )

    def _write(self, answers: Sequence[Any]) -> str:
        pairs = ({"input": g, "answer": a} for g, a in zip(self.given, answers, strict=True))
        lines = (json.dumps(pair, ensure_ascii=False, default=str) for pair in pairs)
        text = "".join(f"{in_json(line)}\n" for line in lines)
        if self.file.is_file() and self.file.read_bytes() == text.encode():
            return f"{self.file.name} says so already"
        write_whole(self.file, text)
        return f"written to {self.file.name}"


def golden_of(composed: Composed, *, update: bool = False) -> Golden | None:
    """Give the golden answers of a recipe; None where it has none.

    Args:
        composed: The composed recipe.
        update: Whether what the model answers is to become golden.
    """
    if not composed.recipe.evaluation.golden:
        return None
    views = composed.recipe.views
    view = "pyfunc" if "pyfunc" in views else next(iter(views), "")
    return Golden(golden_file_of(composed.file), inputs_of(composed.recipe), view, update)


def _dtype_of(model: Path) -> str:
    flavor = Model.load(str(model)).flavors.get("transformers") or {}
    return str(flavor.get("torch_dtype", "")).removeprefix("torch.")


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _rounded(value: Any) -> Any:
    """Give an answer with its numbers as long as a float32 is told apart by."""
    match value:
        case float():
            return float(f"{value:.8g}")
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
        case _:
            return value
