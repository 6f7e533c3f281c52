"""What holds of every metric, whatever it measures."""

import subprocess
import sys
from collections.abc import Callable
from math import isnan
from typing import Any

import numpy as np
import pytest

from runner.metrics import all_metrics
from runner.metrics.base import MetricError
from runner.metrics.intervals import compare, interval_of, parts_of
from runner.recipe.language.meanings import meanings_of, summary_of
from runner.statistics.intervals import Interval
from tests.metrics.samples import make, measured, rows_for

NAMES = list(all_metrics())


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_rows_that_are_there_so_often(name: str) -> None:
    metric = make(name)
    table = measured(metric, rows_for(metric, 40))
    counts = np.random.default_rng(1).integers(0, 4, size=(3, 40))
    of_weights = metric.aggregate(table, counts.astype(float))
    for weighted, times in zip(of_weights, counts, strict=True):
        again = table.take(np.repeat(np.arange(40), times))
        repeated = metric.aggregate(again, np.ones((1, len(again))))[0]
        assert weighted == pytest.approx(repeated, rel=1e-9, nan_ok=True)
        assert not isnan(weighted)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_makes_no_difference(name: str) -> None:
    metric = make(name)
    pairs = rows_for(metric, 30)
    one, other = measured(metric, pairs), measured(metric, pairs[::-1])
    once = np.ones((1, 30))
    assert metric.aggregate(one, once)[0] == pytest.approx(metric.aggregate(other, once)[0])


@pytest.mark.parametrize("name", NAMES)
def test_without_rows_it_is_not_defined_and_says_why(name: str) -> None:
    metric = make(name)
    table = measured(metric, rows_for(metric, 5))
    assert np.isnan(metric.aggregate(table, np.zeros((2, 5)))).all()
    assert metric.undefined


@pytest.mark.parametrize("name", NAMES)
def test_its_interval_holds_it_and_lies_within_its_bounds(name: str) -> None:
    metric = make(name)
    table = measured(metric, rows_for(metric, 60))
    found = interval_of(metric, table, resamples=400)
    value = metric.aggregate(table, np.ones((1, 60)))[0]
    low, high = metric.bounds
    assert low - 1e-9 <= found.low <= value <= found.high <= high + 1e-9
    assert found.low < found.high or name == "length"
    assert found == interval_of(metric, table, resamples=400)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_no_better_than_itself_and_another_answers_otherwise(name: str) -> None:
    metric = make(name)
    pairs = rows_for(metric, 60)
    others = [(answer, target) for (answer, _), (_, target) in zip(pairs[1:], pairs, strict=False)]
    table, other = measured(metric, pairs), measured(metric, [*others, pairs[-1]])
    same = compare(metric, table, table, resamples=400)
    assert (same.effect, same.p) == (0, 1)
    assert same.interval.low <= 0 <= same.interval.high
    differs = compare(metric, table, other, resamples=400)
    once = np.ones((1, 60))
    effect = metric.aggregate(table, once)[0] - metric.aggregate(other, once)[0]
    assert differs.effect == pytest.approx(effect)
    assert differs.interval.known


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_numbers_with_names_of_their_own(name: str) -> None:
    metric = make(name)
    table = measured(metric, rows_for(metric, 30))
    parts = metric.parts(table, np.ones(30))
    assert all(isinstance(value, float) and not isnan(value) for value in parts.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_part_lies_in_an_interval_of_its_own(name: str) -> None:
    metric = make(name)
    table = measured(metric, rows_for(metric, 60))
    low, high = metric.bounds
    found = parts_of(metric, table, resamples=200)
    assert found.keys() == metric.parts(table, np.ones(60)).keys()
    for part, (value, interval) in found.items():
        assert low - 1e-9 <= interval.low <= value <= interval.high <= high + 1e-9, part
        alone = metric.part(part)
        if alone is not None:
            assert alone.aggregate(table, np.ones((1, 60)))[0] == pytest.approx(value)


ODD = [
    *(None, 5, 0.5, True, "", "x", [], {}, [1], ["a", "b"], [0.5], [None], float("nan")),
    *({"a": -1}, {"a": "b"}, [{"start": 2}], {"text": [5]}),
    [{"start": 3, "end": 2, "label": "X"}],
]


@pytest.mark.parametrize("name", NAMES)
def test_what_it_cannot_read_is_what_it_cannot_measure(name: str) -> None:
    metric = make(name)
    (answer, right), *_ = rows_for(metric, 1)

    def refuses(act: Callable[[Any], object], target: Any) -> bool:
        try:
            act(target)
        except MetricError as error:
            return "the answer has no" not in str(error)  # such as a score for that label
        return False

    told = [refuses(metric.reads, target) for target in [right, *ODD]]
    assert told == [refuses(lambda t: metric.measure(answer, t), t) for t in [right, *ODD]]
    assert not told[0]


@pytest.mark.parametrize("metric", dict.fromkeys(all_metrics().values()))
def test_it_says_what_it_is_and_what_each_parameter_means(metric) -> None:
    assert summary_of(metric)
    meanings = meanings_of(metric)
    assert all(meanings.get(field) for field in metric.model_fields if field != "title")


def test_reading_the_metrics_imports_nothing_heavy() -> None:
    """`validate` reads them all."""
    code = (
        "import sys; from runner.metrics import all_metrics; all_metrics();"
        "print([m for m in ('numpy', 'scipy', 'regex', 'jsonschema', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_rows_right_are_no_certainty_for_any_share_or_mean() -> None:
    for name in ("accuracy", "f1", "f1_macro", "recall_macro", "balanced_accuracy", "mcc"):
        metric = make(name)
        answer = [{"label": "b", "score": 0.9}]
        other = [{"label": "c", "score": 0.9}]
        table = measured(metric, [(answer, "b")] * 12 + [(other, "c")] * 12)
        assert metric.aggregate(table, np.ones((1, 24)))[0] == 1
        found = interval_of(metric, table)
        assert found.high == 1
        assert 0.6 < found.low < 0.9, name


def test_a_slice_of_a_table_has_an_interval_of_its_own() -> None:
    metric = make("accuracy")
    table = measured(metric, rows_for(metric, 100))
    part = table.take(np.arange(20))
    assert interval_of(metric, part).high - interval_of(metric, part).low > 0.2
    assert isinstance(interval_of(metric, table.take(np.arange(0))), Interval)
