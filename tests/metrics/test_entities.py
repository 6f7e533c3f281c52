"""Entities, held to seqeval, to nervaluate and to the examples of SemEval 2013."""

import numpy as np
import pytest
from nervaluate.evaluator import Evaluator
from seqeval import metrics as seqeval

from runner.metrics.base import MetricError
from tests.metrics.samples import LABELS, make, measured, rows_for, value


def _tags(entities, length: int = 200) -> list[str]:
    """Write entities as tags of characters."""
    tags = ["O"] * length
    for entity in entities:
        for place in range(entity["start"], entity["end"]):
            tags[place] = f"{'B' if place == entity['start'] else 'I'}-{entity['label']}"
    return tags


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["f1", "precision", "recall"])
def test_strict_is_that_of_seqeval(kind: str, seed: int) -> None:
    metric = make(f"entity_{kind}")
    pairs = rows_for(metric, 20, seed)
    given, wanted = ([_tags(row) for row in side] for side in zip(*pairs, strict=True))
    of_seqeval = getattr(seqeval, f"{kind}_score")
    assert value(metric, pairs) == pytest.approx(of_seqeval(wanted, given))
    parts = metric.parts(measured(metric, pairs), np.ones(20))
    each = of_seqeval(wanted, given, average=None)
    assert list(parts.values()) == pytest.approx(each)


@pytest.mark.parametrize("match", ["strict", "exact", "partial", "type"])
@pytest.mark.parametrize("seed", range(3))
def test_every_match_is_that_of_nervaluate(match: str, seed: int) -> None:
    pairs = rows_for(make("entity_f1"), 20, seed)
    given, wanted = (
        [
            [{"label": e["label"], "start": e["start"], "end": e["end"] - 1} for e in row]
            for row in side
        ]
        for side in zip(*pairs, strict=True)
    )
    scored = Evaluator(wanted, given, tags=list(LABELS), loader="dict").evaluate()["overall"]
    expected = scored["ent_type" if match == "type" else match]
    for kind in ("f1", "precision", "recall"):
        found = value(make(f"entity_{kind}", match=match), pairs)
        assert found == pytest.approx(getattr(expected, kind))


def _one(label: str, start: int, end: int) -> dict:
    return {"label": label, "start": start, "end": end}


@pytest.mark.parametrize(
    ("answer", "strict", "exact", "partial", "kind"),
    [
        (("brand", 0, 9), 0, 0, 0, 0),
        (("drug", 20, 29), 1, 1, 1, 1),
        (("brand", 20, 29), 0, 1, 1, 0),
        (("drug", 18, 29), 0, 0, 0.5, 1),
        (("brand", 18, 29), 0, 0, 0.5, 0),
        (None, 0, 0, 0, 0),
    ],
)
def test_an_entity_counts_as_in_semeval_2013(answer, strict, exact, partial, kind) -> None:
    given = [_one(*answer)] if answer else []
    credits = {"strict": strict, "exact": exact, "partial": partial, "type": kind}
    for match, credit in credits.items():
        found = make("entity_recall", match=match).measure(given, [_one("drug", 20, 29)])["found"]
        assert found == credit


def test_one_entity_is_found_once() -> None:
    metric = make("entity_f1", match="type")
    pairs = [([_one("a", 0, 4), _one("a", 5, 9)], [_one("a", 0, 9)])]
    assert value(metric, pairs) == pytest.approx(2 / 3)
    again = [([_one("a", 0, 9)] * 2, [_one("a", 0, 9)])]
    assert value(make("entity_f1"), again) == 1


def test_an_entity_that_is_the_same_is_matched_before_one_that_overlaps() -> None:
    wanted = [_one("a", 0, 5), _one("a", 3, 9)]
    assert value(make("entity_recall"), [([_one("a", 3, 9)], wanted)]) == 0.5
    assert value(make("entity_recall", match="exact"), [([_one("b", 3, 9)], wanted)]) == 0.5


def test_rows_without_entities_are_right_only_where_none_is_found() -> None:
    metric = make("entity_f1")
    assert np.isnan(value(metric, [([], [])]))
    assert value(metric, [([], []), ([_one("a", 0, 1)], [_one("a", 0, 1)])]) == 1
    assert value(metric, [([_one("a", 0, 1)], []), ([_one("a", 0, 1)], [_one("a", 0, 1)])]) < 1


@pytest.mark.parametrize("wrong", ["a", None, [3], [{"label": "a"}], [_one("a", 3, 3)]])
def test_what_are_no_entities_is_said(wrong) -> None:
    with pytest.raises(MetricError, match="the target"):
        make("entity_f1").measure([], wrong)
