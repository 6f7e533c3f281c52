"""Boxes, held to published examples and to COCO's definition written out plainly."""

import numpy as np
import pytest

from runner.metrics.base import MetricError
from tests.metrics.samples import CORNERS, LABELS, make, measured, rows_for, value


def _box(label, *corners, score=None) -> dict:
    given = {"label": label, "box": dict(zip(CORNERS, corners, strict=True))}
    return given if score is None else given | {"score": score}


def test_map_is_as_published() -> None:
    """The example of torchmetrics' documents: 0.6, and 1 at 0.5 and 0.75 (overlap 0.775)."""
    given = [_box("0", 258.0, 41.0, 606.0, 285.0, score=0.536)]
    pairs = [(given, [_box("0", 214.0, 41.0, 562.0, 285.0)])]
    assert value(make("map"), pairs) == pytest.approx(0.6)
    assert value(make("map_50"), pairs) == 1
    assert value(make("map_75"), pairs) == 1


def test_precision_is_interpolated_at_101_recalls() -> None:
    """Right, wrong, right of 4: precision 1 up to recall 1/4, 2/3 up to 1/2, 0 above."""
    wanted = [_box("a", 20 * place, 0, 20 * place + 10, 10) for place in range(4)]
    given = [
        wanted[0] | {"score": 0.9},
        _box("a", 0, 50, 10, 60, score=0.8),
        wanted[1] | {"score": 0.7},
    ]
    expected = (26 * 1 + 25 * 2 / 3) / 101
    assert value(make("map_50"), [(given, wanted)]) == pytest.approx(expected)


def _plain_map(pairs, overlaps) -> float:
    """Average precision as COCO defines it, box by box."""
    averages = []
    for label in LABELS:
        wanted = [[t["box"] for t in target if t["label"] == label] for _, target in pairs]
        if not any(wanted):
            continue
        given = sorted(
            (-one["score"], row, tuple(one["box"].values()))
            for row, (answer, _) in enumerate(pairs)
            for one in answer
            if one["label"] == label
        )
        averages += [_plain_precision(given, wanted, overlap) for overlap in overlaps]
    return float(np.mean(averages))


def _plain_precision(given, wanted, overlap: float) -> float:
    taken, right, precisions, recalls = set(), 0, [], []
    for count, (_, row, box) in enumerate(given, start=1):
        near = [
            (_iou(box, tuple(other.values())), place)
            for place, other in enumerate(wanted[row])
            if (row, place) not in taken
        ]
        if near and max(near)[0] >= overlap:
            taken.add((row, max(near)[1]))
            right += 1
        precisions.append(right / count)
        recalls.append(right / sum(map(len, wanted)))
    at = [
        max((p for p, r in zip(precisions, recalls, strict=True) if r >= least), default=0)
        for least in np.linspace(0, 1, 101)
    ]
    return float(np.mean(at))


def _iou(one, other) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


@pytest.mark.parametrize("seed", range(4))
def test_map_is_that_of_the_definition(seed: int) -> None:
    pairs = rows_for(make("map"), 25, seed)
    overlaps = np.linspace(0.5, 0.95, 10)
    assert value(make("map"), pairs) == pytest.approx(_plain_map(pairs, overlaps))
    assert value(make("map_50"), pairs) == pytest.approx(_plain_map(pairs, [0.5]))
    assert value(make("map_75"), pairs) == pytest.approx(_plain_map(pairs, [0.75]))


def test_each_class_has_a_part_and_one_without_targets_counts_not() -> None:
    wanted = [_box("a", 0, 0, 10, 10)]
    given = [wanted[0] | {"score": 0.4}, _box("b", 0, 0, 10, 10, score=0.9)]
    metric = make("map")
    assert value(metric, [(given, wanted)]) == 1
    assert metric.parts(measured(metric, [(given, wanted)]), np.ones(1)) == {"class.a": 1.0}
    assert np.isnan(value(metric, [(given, [])]))


def test_a_target_is_found_once_and_by_the_surest_box() -> None:
    wanted = [_box("a", 0, 0, 10, 10)]
    given = [_box("a", 0, 0, 10, 9, score=0.9), _box("a", 0, 0, 10, 10, score=0.3)]
    assert value(make("map_50"), [(given, wanted)]) == 1
    assert value(make("map"), [(given, wanted)]) == pytest.approx((9 * 1 + 0.5) / 10)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, "not a list of boxes"),
        ([{"label": "a"}], "a box without label"),
        ([_box("a", 5, 0, 3, 1)], "ends before it begins"),
        ([_box("a", 5, 0, "x", 1)], "xmax of a box"),
    ],
)
def test_what_are_no_boxes_is_said(wrong, message) -> None:
    with pytest.raises(MetricError, match=message):
        make("map").measure([], wrong)
