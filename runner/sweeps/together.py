"""Points of the same weights, together: so that what they need is read and loaded once."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

from runner.files.temporary import temporary_folder
from runner.store.place import TEMPORARY, store_of
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
    clusters = [cluster for wave in waves(points) for cluster in _of_one_source(wave)]
    if not clusters:
        return
    with ExitStack() as stack:
        from runner.evaluation.sharing import loaded_once  # torch takes seconds
        from runner.packaging.drawn import drawn_once
        from runner.packaging.gguf_file import parsed_once

        files = (_gguf_of(cluster[0][0]) for cluster in clusters)
        stack.enter_context(parsed_once(next(filter(None, files), "")))
        for cluster in clusters:
            several = sum(map(len, cluster)) > 1
            with _converted_once(cluster), drawn_once() if several else nullcontext():
                for group in cluster:
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


@contextmanager
def _converted_once(cluster: Sequence[Sequence[Point]]) -> Generator[None]:
    """Convert a GGUF file once for points that want it in several dtypes, on the models' disk."""
    if len(cluster) < 2 or not _gguf_of(cluster[0][0]):
        yield
        return
    from runner.packaging.gguf_weights import converted_once

    one = cluster[0][0]
    store = store_of(one.composed.name, one.folder)
    place = store and store / TEMPORARY
    with temporary_folder("converted", place) as folder, converted_once(folder):
        yield


def _gguf_of(point: Point) -> str:
    return point.composed.recipe.source.gguf


def _of_one_source(points: Sequence[Point]) -> list[list[list[Point]]]:
    """Put points of the same weights together, and those together that differ in dtype alone.

    What is as wide as a GGUF file is converted into comes first: others are rounded from it.
    """
    clusters: dict[str, dict[str, list[Point]]] = {}
    for point in points:
        cluster = clusters.setdefault(weights_of(point.composed, but="dtype"), {})
        cluster.setdefault(weights_of(point.composed), []).append(point)
    return [sorted(cluster.values(), key=_is_narrow) for cluster in clusters.values()]


def _is_narrow(group: Sequence[Point]) -> bool:
    return group[0].composed.recipe.dtype not in ("float32", "auto")
