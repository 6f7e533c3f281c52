"""map, map_50 and map_75: boxes found in images, as COCO counts them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.base import Measured
from runner.metrics.over_classes import OverClasses
from runner.metrics.reading import Box, boxes_of
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

OVERLAPS = tuple(50 + 5 * step for step in range(10))
"""Percent of overlap from which a box is found."""
_MOST = 100
_THERE = 2.0 ** len(OVERLAPS)


class DetectionMap(OverClasses, frozen=True):
    """Mean average precision of boxes, over the classes that targets have.

    ``map`` is the mean over overlaps (intersection over union) of 0.50, 0.55 … 0.95; ``map_50``
    and ``map_75`` are of one. Precision is interpolated at 101 recalls; the best 100 boxes of a
    class in an image count; all sizes count, and there are no crowds.

    Args:
        name: Which overlaps.

    Source: T.-Y. Lin et al., "Microsoft COCO" (2014), and pycocotools.
    """

    takes = frozenset({"boxes"})
    reads = partial(boxes_of, what="the target")
    undefined = "no target has a box"

    name: Literal["map", "map_50", "map_75"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Match the row's boxes at each overlap, and note score and matches of each."""
        given, wanted = boxes_of(answer), boxes_of(target, "the target")
        measured: dict[str, float] = {}
        for label in {box.label for box in (*given, *wanted)}:
            of_target = [box for box in wanted if box.label == label]
            of_answer = sorted(
                (box for box in given if box.label == label), key=lambda box: -box.score
            )[:_MOST]
            measured[f"boxes.{label}"] = len(of_target)
            for place, found in enumerate(_found(of_answer, of_target)):
                measured[f"found.{place}.{label}"] = _THERE + found
                measured[f"score.{place}.{label}"] = of_answer[place].score
        return measured

    def classes(self, table: Table) -> list[str]:
        """Give the classes that a target has."""
        counted = (name for name in table.names if name.startswith("boxes."))
        return sorted(name.partition(".")[2] for name in counted if table[name].any())

    def of_class(self, label: str, table: Table, weights: "Numbers") -> "Numbers":
        """Average the precision over the overlaps; nan without a target."""
        import numpy as np

        which = range(len(OVERLAPS)) if self.name == "map" else [OVERLAPS.index(int(self.name[4:]))]
        rows, scores, found = _boxes(label, table)
        order = np.argsort(-scores, kind="stable")
        counted, found = weights[:, rows[order]], found[order].astype(np.int64)
        wanted = weights @ table[f"boxes.{label}"]
        each = [_interpolated(counted, (found >> bit) & 1, wanted) for bit in which]
        return np.where(wanted > 0, np.mean(each, axis=0), np.nan)


def _found(given: Sequence[Box], wanted: Sequence[Box]) -> list[int]:
    """Give a bit for each overlap at which a box is found: the best first, each target once."""
    overlaps = [[_overlap(box, other) for other in wanted] for box in given]
    found = [0] * len(given)
    for bit, percent in enumerate(OVERLAPS):
        free = set(range(len(wanted)))
        for place, of_box in enumerate(overlaps):
            near = [
                other for other in sorted(free) if of_box[other] >= min(percent / 100, 1 - 1e-10)
            ]
            if near:
                free.remove(max(near, key=lambda other, of_box=of_box: (of_box[other], other)))
                found[place] |= 1 << bit
    return found


def _overlap(one: Box, other: Box) -> float:
    left, top = (max(one.corners[side], other.corners[side]) for side in (0, 1))
    right, bottom = (min(one.corners[side], other.corners[side]) for side in (2, 3))
    shared = max(right - left, 0.0) * max(bottom - top, 0.0)
    return shared / (one.area + other.area - shared) if shared else 0.0


def _boxes(label: str, table: Table) -> "tuple[NDArray[np.intp], Numbers, Numbers]":
    """Give row, score and matches of each box that was answered for a class, row by row."""
    import numpy as np

    names = set(table.names)
    places = [place for place in range(_MOST) if f"found.{place}.{label}" in names]
    found = np.array([table[f"found.{place}.{label}"] for place in places])
    scores = np.array([table[f"score.{place}.{label}"] for place in places])
    found, scores = (part.reshape(len(places), len(table)).T for part in (found, scores))
    there = found >= _THERE
    return np.nonzero(there)[0], scores[there], found[there] - _THERE


def _interpolated(counted: "Numbers", right: "NDArray[np.int64]", wanted: "Numbers") -> "Numbers":
    """Give the mean precision at 101 recalls.

    Args:
        counted: Weight of each box, the highest score first, shape ``(resamples, boxes)``.
        right: Whether it is found, shape ``(boxes,)``.
        wanted: Weight of all targets, shape ``(resamples,)``.
    """
    import numpy as np

    hits = (counted * right).cumsum(axis=1)
    answered = counted.cumsum(axis=1)
    precision = hits / np.maximum(answered, 1e-12)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    padded = np.pad(envelope, ((0, 0), (0, 1)))
    recalls = np.linspace(0, 1, 101)
    values = np.empty(len(counted))
    for place, (hit, least) in enumerate(zip(hits, wanted, strict=True)):
        recall = hit / least if least > 0 else hit
        values[place] = padded[place, np.searchsorted(recall, recalls, side="left")].mean()
    return values
