"""Points of the same weights, together: so that what they need is read and loaded once."""

from collections.abc import Generator, Iterable
from contextlib import ExitStack, nullcontext

from runner.sweeps.planning import weights_of
from runner.sweeps.points import Point


def together(points: Iterable[Point]) -> Generator[Point]:
    """Give points to run, those of the same weights one after the other, else as they are.

    While a point runs, what was read and loaded for those before it is at hand, where it has the
    same weights; what other weights there were is let go of.

    Args:
        points: The points.
    """
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(weights_of(point.composed), []).append(point)
    with ExitStack() as stack:
        if not groups:
            return
        from runner.evaluation.sharing import loaded_once  # torch takes seconds
        from runner.packaging.gguf_file import parsed_once

        files = (group[0].composed.recipe.source.gguf for group in groups.values())
        stack.enter_context(parsed_once(next(filter(None, files), "")))
        for group in groups.values():
            with loaded_once() if len(group) > 1 else nullcontext():
                yield from group
