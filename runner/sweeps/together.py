"""Points of the same weights, together: so that what they need is read and loaded once."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, nullcontext

from runner.sweeps.planning import weights_of
from runner.sweeps.points import Point
from runner.work.other_points import stands_alone


def together(points: Iterable[Point]) -> Generator[Point]:
    """Give points to run, those of the same weights one after the other, else as they are.

    Points that a gate holds to others run behind those.

    While a point runs, what was read and loaded for those before it is at hand, where it has the
    same weights; what other weights there were is let go of.

    Args:
        points: The points.
    """
    groups = [group for wave in waves(points) for group in _of_weights(wave)]
    if not groups:
        return
    with ExitStack() as stack:
        from runner.evaluation.sharing import loaded_once  # torch takes seconds
        from runner.packaging.gguf_file import parsed_once

        files = (group[0].composed.recipe.source.gguf for group in groups)
        stack.enter_context(parsed_once(next(filter(None, files), "")))
        for group in groups:
            with loaded_once() if len(group) > 1 else nullcontext():
                yield from group


def waves(points: Iterable[Point]) -> list[list[Point]]:
    """Part points into those that stand alone, and those that gates hold to others.

    Args:
        points: The points.

    Returns:
        The parts that are not empty, in the order in which they are to run.
    """
    alone: list[Point] = []
    held: list[Point] = []
    for point in points:
        (alone if stands_alone(point.composed, point.name) else held).append(point)
    return [wave for wave in (alone, held) if wave]


def _of_weights(points: Sequence[Point]) -> list[list[Point]]:
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(weights_of(point.composed), []).append(point)
    return [*groups.values()]
