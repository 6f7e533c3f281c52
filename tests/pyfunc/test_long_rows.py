"""Rows longer than the model: refused with what and where, or cut and named; never in silence."""

import json
import logging
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import picture

WORDS = "My dog eats what is good for it and then goes out to see the other dogs of the town. "
LONG, BRIEF = WORDS * 60, "My dog eats."
TABLE = json.dumps({"dog": ["Rex", "Bello"] * 60, "age": ["3", "12"] * 60})
ERROR = {"evaluation": {"views": [], "truncation": "error"}}
CUT = {"evaluation": {"views": [], "truncation": "cut"}}
ROWS: dict[str, tuple[Any, Any]] = {
    "text-classification": (BRIEF, LONG),
    "token-classification": (BRIEF, LONG),
    "fill-mask": (f"My [MASK] eats. {BRIEF}", f"My [MASK] eats. {LONG}"),
    "feature-extraction": (BRIEF, LONG),
    "text-generation": (BRIEF, LONG),
    "conversational": (BRIEF, LONG),
    "text2text-generation": (BRIEF, LONG),
    "zero-shot-classification": (
        {"sequences": BRIEF, "candidate_labels": "a, b"},
        {"sequences": LONG, "candidate_labels": "a, b"},
    ),
    "table-question-answering": (
        {"query": "How old?", "table": json.dumps({"dog": ["Rex"], "age": ["3"]})},
        {"query": "How old?", "table": TABLE},
    ),
    "visual-question-answering": (
        {"image": picture(32, 32, 1), "question": "What is it?"},
        {"image": picture(32, 32, 1), "question": LONG},
    ),
    "llm/v1/completions": ({"prompt": BRIEF, "max_tokens": 3}, {"prompt": LONG, "max_tokens": 3}),
    "llm/v1/chat": (
        {"messages": [{"role": "user", "content": BRIEF}], "max_tokens": 3},
        {"messages": [{"role": "user", "content": LONG}], "max_tokens": 3},
    ),
    "llm/v1/embeddings": ({"input": BRIEF}, {"input": LONG}),
}
PLAIN = {"token-classification": {"model_config": {}}}
"""Without an aggregation its labels are not joined, so a text is not looked at in windows."""


def cut(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Give what the shipped code said of rows that it cut."""
    return [record for record in caplog.records if record.name == "recipe_pyfunc"]


@pytest.mark.parametrize("task", ROWS)
def test_what_is_too_long_is_refused_with_row_tokens_and_limit(
    shipped: Packaged, task: str
) -> None:
    loaded = shipped(task, **{**PLAIN.get(task, {}), **ERROR})
    brief, long = ROWS[task]
    assert len(loaded.predict([brief])) > 0
    rows = [long] if task.startswith("llm/") else [brief, long]
    with pytest.raises(
        MlflowException, match=rf"row {len(rows) - 1} has \d+ tokens.*takes \d+"
    ) as e:
        loaded.predict(rows)
    assert e.value.get_http_status_code() == 400


@pytest.mark.parametrize("task", ROWS)
def test_what_is_too_long_is_cut_and_named(
    shipped: Packaged, task: str, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = shipped(task, **PLAIN.get(task, {}))
    brief, long = ROWS[task]
    rows = [long] if task.startswith("llm/") else [brief, long]
    loaded.predict([brief])
    assert not cut(caplog)
    assert len(loaded.predict(rows)) > 0
    (warned,) = cut(caplog)
    assert warned.levelno == logging.WARNING
    assert f"row {len(rows) - 1} has" in warned.getMessage()
    assert "row 0" not in warned.getMessage() or len(rows) == 1
    caplog.clear()
    shipped(task, **{**PLAIN.get(task, {}), **CUT}).predict(rows)
    assert not cut(caplog), "`cut` cuts without a word"
