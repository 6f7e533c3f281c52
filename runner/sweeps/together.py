"""Points of the same weights, together: so that what they need is read and loaded once."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager

from runner.sweeps.planning import weights_of
from runner.sweeps.points import Point


def in_order(points: Iterable[Point]) -> list[Point]:
    """Give points with those of the same weights one after the other, else as they are.

    Args:
        points: The points.
    """
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(weights_of(point.composed), []).append(point)
    return [point for together in found.values() for point in together]


@contextmanager
def sharing(points: Sequence[Point]) -> Generator[None]:
    """Hold what was read and loaded for one point for the next, where there are several.

    Args:
        points: The points that run inside.
    """
    with ExitStack() as stack:
        if len(points) > 1:
            from runner.evaluation.sharing import loaded_once  # torch takes seconds
            from runner.packaging.gguf_file import parsed_once

            files = (point.composed.recipe.source.gguf for point in points)
            stack.enter_context(parsed_once(next(filter(None, files), "")))
            stack.enter_context(loaded_once())
        yield
