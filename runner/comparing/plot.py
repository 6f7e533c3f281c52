"""Where runs lie: how good they are, and how long they take, as points of a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from runner.comparing.comparison import Comparison
from runner.comparing.front import Aim

_SIDE = 100.0
_MARGIN = 6.0


@dataclass(frozen=True)
class Dot:
    """A run in the drawing.

    Args:
        name: Its name.
        x: How far to the right, 0 to 100.
        y: How far down, 0 to 100.
        front: Whether it is on the Pareto front.
    """

    name: str
    x: float
    y: float
    front: bool


@dataclass(frozen=True)
class Drawing:
    """Runs by two of the things that they are held to each other in.

    Args:
        across: What goes from left to right.
        upwards: What goes from the bottom to the top.
        dots: The runs.
    """

    across: str
    upwards: str
    dots: tuple[Dot, ...]


def draw(compared: Comparison) -> Drawing | None:
    """Draw runs by the first two aims; None where there are not two, or not two runs.

    Args:
        compared: The comparison.
    """
    if len(compared.aims) < 2 or len(compared.answering) < 2:
        return None
    up, across = compared.aims[:2]
    xs, ys = _placed(compared, across), _placed(compared, up)
    dots = (
        Dot(run.name, x, _SIDE - y, run.name in compared.front)
        for run, x, y in zip(compared.answering, xs, ys, strict=True)
    )
    return Drawing(across.name, up.name, tuple(dots))


def _placed(compared: Comparison, aim: Aim) -> Sequence[float]:
    values = [aim.of(run) or 0.0 for run in compared.answering]
    low, reach = min(values), (max(values) - min(values)) or 1.0
    return [round(_MARGIN + (_SIDE - 2 * _MARGIN) * (v - low) / reach, 2) for v in values]
