"""What a view answers to each input of a proof."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from runner.errors import raise_if_ours
from runner.evaluation.long_rows import Heard
from runner.evaluation.rows import as_rows, is_table, say
from runner.evaluation.views import View
from runner.recipe.language.models import Recipe


class ModelRaised(Exception):
    """The model raised; says what, in plain words."""


@dataclass(frozen=True)
class Outputs:
    """The inputs of a proof, to be asked of a view.

    Args:
        recipe: The recipe.
        name: The view's name.
        inputs: The inputs, as the model takes them.
        heard: Told which input is asked alone.
    """

    recipe: Recipe
    name: str
    inputs: Sequence[Any]
    heard: Heard

    @property
    def wanted(self) -> int:
        """How many rows should come."""
        return len(self.inputs) if self._singly else sum(self._counts())

    @property
    def _singly(self) -> bool:
        return self.name == "native" or not self.recipe.contract.batches

    def _counts(self) -> list[int]:
        """Give the rows that each input's output must have: several where several are asked for."""
        recipe, task = self.recipe, self.recipe.contract
        if recipe.pyfunc == "extended":
            return [task.rows(given) for given in self.inputs]
        asked = recipe.params.get("num_return_sequences")
        sequences = asked.default if asked else None
        sequences = sequences or recipe.inference_config.get("num_return_sequences") or 1
        return [task.rows(given) * int(sequences) for given in self.inputs]

    def of(self, view: View, params: Mapping[str, Any]) -> tuple[int, list[Any]]:
        """Run the inputs.

        Args:
            view: The view.
            params: Params of the call.

        Returns:
            How many rows came, and the output of each input; each input is run alone where it
            cannot be told from the rows of all which belong to it.

        Raises:
            ModelRaised: It raised.
        """
        if self.name == "native":
            outputs = as_rows(_ask(view, self.inputs, params))
            return len(outputs), outputs
        if self._singly:
            outputs = [self.alone(view, n, params) for n in range(len(self.inputs))]
            return sum(output != [] for output in outputs), outputs
        rows = as_rows(_ask(view, self.inputs, params))
        counts = self._counts()
        if len(rows) != sum(counts):
            return len(rows), [self.alone(view, n, params) for n in range(len(self.inputs))]
        if counts == [1] * len(counts):
            return len(rows), rows
        starts = accumulate(counts, initial=0)
        grouped = [rows[start : start + n] for start, n in zip(starts, counts, strict=False)]
        return len(rows), grouped

    def alone(self, view: View, number: int, params: Mapping[str, Any]) -> Any:
        """Give the output for one input: its row, or all of it where it is several.

        Args:
            view: The view.
            number: Which input.
            params: Params of the call.

        Raises:
            ModelRaised: It raised.
        """
        self.heard.first = number
        output = _ask(view, [self.inputs[number]], params)
        self.heard.first = 0
        rows = as_rows(output)
        if len(rows) == 1:
            return rows[0]
        return rows if is_table(rows) else output


def _ask(view: View, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Call the model, and nothing else."""
    try:
        return view.predict(inputs, params)
    except Exception as error:
        raise_if_ours(error)
        raise ModelRaised(say(error)) from error
