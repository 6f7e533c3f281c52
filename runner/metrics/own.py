"""A metric of one's own: a function of the recipe's repository, which runs with leave only."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import Field

from runner.errors import first_line, outliving
from runner.metrics.base import Mean, Measured, MetricError
from runner.metrics.reading import number_of
from runner.tasks.scoring import FORMS
from runner.text.wording import described

Function = Callable[..., Any]
"""Gives a number for an answer, its target, and the parameters."""


class Own(Mean, frozen=True):
    """The mean of what a function of one's own gives for each row.

    It is called with the answer, in the form that metrics of the task get, the target, and the
    parameters by their names, and gives a number.

    Args:
        name: The function, as ``module:function``: of ``tone.politeness:score`` the file is
            ``tone/politeness.py`` in the folder that holds ``recipes``.
        better: Whether ``more`` or ``less`` of it is better.
        parameters: What it is called with beside answer and target.
    """

    takes = frozenset(FORMS)
    needs_target = False
    bounds = (float("-inf"), float("inf"))

    name: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")
    better: Literal["more", "less"] = "more"
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """What gates, tables and records call it: its title, else its function."""
        return self.title or self.function

    @property
    def file(self) -> PurePosixPath:
        """Its file, from the folder that holds ``recipes``."""
        return PurePosixPath(*self.name.partition(":")[0].split(".")).with_suffix(".py")

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.name.partition(":")[2]

    @property
    def higher_is_better(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether more of it is better."""
        return self.better == "more"

    def running(self, function: Function) -> "Running":
        """Give the metric with its function, which is not imported before there is leave.

        Args:
            function: The function.
        """
        return Running(**dict(self), call=function)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Refuse: it has no function yet.

        Raises:
            MetricError: Always.
        """
        raise MetricError(f"{self.name} is not imported")


class OwnFailed(MetricError):
    """A function of one's own raised, or gave no number."""

    remedy = "Mend the metric, or measure by others."


class Running(Own, frozen=True):
    """A metric of one's own with its function.

    Args:
        name: Which function it is.
        call: The function.
    """

    call: Function = Field(exclude=True, repr=False)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Call the function; what it does to what it gets is its own.

        Raises:
            OwnFailed: It raised, or gave no number.
        """
        given_to = deepcopy((answer, target, self.parameters))
        try:
            with outliving():
                given = self.call(*given_to[:2], **given_to[2])
        except Exception as error:
            why = f"{type(error).__name__}: {first_line(error)}"
            raise OwnFailed(f"{self.name} raised {why}") from error
        if isinstance(given, bool):
            given = float(given)
        try:
            return {"value": number_of(given)}
        except MetricError as error:
            raise OwnFailed(f"{self.name} gave {described(given)}, not a number") from error


def is_own(metric: object) -> bool:
    """Say whether what a recipe writes is a metric of its own.

    Args:
        metric: The metric as it is written.
    """
    name: object = metric
    if isinstance(metric, Mapping):
        name = metric.get("name")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return isinstance(name, str) and ":" in name
