"""Rows of every form of answer, drawn by chance, and what is done with them in tests."""

import numpy as np

from runner.metrics import all_metrics
from runner.metrics.base import Metric
from runner.metrics.table import Table, Tabulating

PARAMETERS = {
    "f1": {"positive": "b"},
    "precision": {"positive": "b"},
    "recall": {"positive": "b"},
    "regex": {"pattern": "ca?t"},
    "json_schema": {"schema": {"type": "object"}},
}
"""What a metric cannot do without."""
LABELS = ("a", "b", "c")
WORDS = ("the", "cat", "sat", "on", "a", "mat", "dog", "ran", "far")
CORNERS = ("xmin", "ymin", "xmax", "ymax")


def make(name: str, **parameters) -> Metric:
    """Make a metric by name."""
    given = PARAMETERS.get(name, {}) | parameters
    return all_metrics()[name].model_validate({"name": name, **given})


def measured(metric: Metric, pairs) -> Table:
    """Measure pairs of answer and target."""
    collected = Tabulating()
    for answer, target in pairs:
        collected.add(metric.measure(answer, target))
    return collected.table()


def value(metric: Metric, pairs) -> float:
    """Give a metric of pairs."""
    table = measured(metric, pairs)
    return float(metric.aggregate(table, np.ones((1, len(table))))[0])


def labels(draw):
    right = draw.choice(LABELS)
    scores = np.exp(draw.normal(size=3) + 1.5 * (np.array(LABELS) == right))
    scores = np.round(scores / scores.sum(), 2)
    ranked = sorted(zip(LABELS, (scores / scores.sum()).tolist(), strict=True), key=lambda x: -x[1])
    return [{"label": label, "score": score} for label, score in ranked], str(right)


def text(draw):
    right = draw.choice(WORDS, size=draw.integers(4, 12)).tolist()
    given = [word if draw.random() > 0.2 else str(draw.choice(WORDS)) for word in right]
    if draw.random() < 0.3:
        given = given[:-1]
    return " ".join(given), " ".join(right)


def entities(draw):
    starts = draw.permutation(20)[:3] * 10
    wanted = [
        {"label": str(draw.choice(LABELS)), "start": int(start), "end": int(start) + 5}
        for start in starts
    ]
    given = [
        one | {"end": one["end"] - int(draw.random() < 0.3), "label": label}
        for one in wanted
        if draw.random() < 0.8
        for label in [one["label"] if draw.random() < 0.8 else "a"]
    ]
    return given, wanted


def number(draw):
    right = round(float(draw.normal()), 1)
    return round(right + float(draw.normal(scale=0.5)), 1), right


def ranking(draw):
    ranked = [str(one) for one in draw.permutation(12)[:8]]
    return ranked, {str(one): float(draw.integers(1, 4)) for one in draw.permutation(12)[:3]}


def boxes(draw):
    wanted, given = [], []
    for _ in range(draw.integers(1, 4)):
        left, top = draw.random(2) * 80
        corners = np.array([left, top, left + 10 + draw.random() * 10, top + 15])
        label = str(draw.choice(LABELS))
        wanted.append({"label": label, "box": dict(zip(CORNERS, corners.tolist(), strict=True))})
        if draw.random() < 0.85:
            near = corners + draw.normal(scale=0.8, size=4)
            box = dict(zip(CORNERS, near.tolist(), strict=True))
            given.append({"label": label, "box": box, "score": float(draw.random())})
    return given, wanted


def likelihood(draw):
    tokens = int(draw.integers(1, 30))
    return {"log_likelihood": -float(draw.gamma(2 * tokens)), "tokens": tokens}, None


DRAWN = {
    "labels": labels,
    "text": text,
    "entities": entities,
    "number": number,
    "ranking": ranking,
    "boxes": boxes,
    "likelihood": likelihood,
}
"""A row of each form: an answer and a target."""


def rows_for(metric: Metric, rows: int, seed: int = 0):
    """Draw rows that a metric takes, in the first form of the list above that it does."""
    form = next(form for form in DRAWN if form in metric.takes)
    draw = np.random.default_rng(seed)
    return [DRAWN[form](draw) for _ in range(rows)]
