"""Tables in every form that callers give; answers as transformers' own pipeline finds them."""

import json
import random
from typing import Any

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import Packaged
from tests.pyfunc.test_requests import serving

COLUMNS = {"product": ["tea", "coffee", "cake"], "sold": ["25", "50", "7"]}
RECORDS = [dict(zip(COLUMNS, cells, strict=True)) for cells in zip(*COLUMNS.values(), strict=True)]
TASK = "table-question-answering"


def asked(count: int) -> list[dict[str, Any]]:
    chance = random.Random(2)
    words = ["tea", "coffee", "25", "50", "total", "the weather", "7.5", "Paris"]
    made: list[dict[str, Any]] = []
    for _ in range(count):
        height = chance.choice([1, 2, 5])
        table = {name: chance.choices(words, k=height) for name in ("product", "sold", "price")}
        query = " ".join(chance.choices(["what", "how many", *words], k=chance.randint(1, 6)))
        made.append({"query": query, "table": table})
    return made


@pytest.mark.parametrize(
    "options",
    [{}, {"padding": "max_length"}, {"truncation": "drop_rows_to_fit"}, {"truncation": True}],
    ids=str,
)
def test_answers_are_those_of_the_pipeline(
    shipped: Packaged, native: Packaged, options: dict[str, Any]
) -> None:
    given = asked(100 if not options else 10)
    wanted = [native(TASK)(**row, **options)["answer"].strip() for row in given]
    assert len(set(wanted)) > 1
    assert shipped(TASK).predict(given, options) == wanted


def test_a_conversation_runs_in_sequence(shipped: Packaged, native: Packaged) -> None:
    for row in asked(10):
        queries = [row["query"], "what?", "how many tea"]
        wanted = native(TASK)(table=row["table"], query=queries, sequential=True)
        rows = [{"query": query, "table": row["table"]} for query in queries]
        found = shipped(TASK).predict(rows, {"sequential": True})
        assert found == [one["answer"].strip() for one in wanted]


FORMS: list[Any] = [
    {"query": "what?", "table": COLUMNS},
    {"query": "what?", "table": RECORDS},
    {"query": ["what?"], "table": [COLUMNS]},
    [{"query": "what?", "table": COLUMNS}],
    [{"query": "what?", "table": RECORDS}],
    [{"query": "what?", "table": json.dumps(RECORDS)}],
    {"query": ["what?"], "table": [RECORDS]},
    {"query": ["what?"], "table": [json.dumps(COLUMNS)]},
    {"query": ["what?"], "table": [json.dumps(RECORDS)]},
    {"query": "what?", "table": [json.dumps(COLUMNS)]},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_table_is_given_as_it_is(model: Packaged, form: Any) -> None:
    loaded = model(TASK)
    wanted = loaded.predict({"query": "what?", "table": json.dumps(COLUMNS)})
    assert loaded.predict(form) == wanted
    if isinstance(form, list):
        assert loaded.predict(pd.DataFrame(form)) == wanted


@pytest.mark.parametrize("written", [lambda table: table, json.dumps])
@pytest.mark.parametrize("table", [COLUMNS, RECORDS])
def test_each_question_of_a_list_has_its_table(model: Packaged, table: Any, written: Any) -> None:
    loaded, other = model(TASK), {name: cells[::-1] for name, cells in COLUMNS.items()}
    queries, tables = ["what?", "how many cake?"], [written(table), written(other)]
    pairs = [{"query": q, "table": t} for q, t in zip(queries, tables, strict=True)]
    assert loaded.predict({"query": queries, "table": tables}) == loaded.predict(pairs)
    with pytest.raises(MlflowException, match="`table` has 2 tables, for 1 questions"):
        loaded.predict({"query": "what?", "table": [json.dumps(COLUMNS)] * 2})


def test_a_table_is_given_as_it_is_over_http(model: Packaged) -> None:
    server = serving(model(TASK))
    ask = next(server)
    _, wanted = ask(json.dumps({"inputs": {"query": "what?", "table": json.dumps(COLUMNS)}}))
    bodies = [{"inputs": form} for form in FORMS]
    bodies += [{"dataframe_records": form} for form in FORMS if isinstance(form, list)]
    assert [ask(json.dumps(body)) for body in bodies] == [(200, wanted)] * len(bodies)
    for _ in server:
        pass


def test_numbers_and_holes_in_a_table_are_text(shipped: Packaged) -> None:
    loaded = shipped(TASK)
    numbers = {"product": ["tea", None], "sold": [25, None], "price": [1.5, 2]}
    words = {"product": ["tea", ""], "sold": ["25", ""], "price": ["1.5", "2"]}
    other = {**words, "sold": ["25.0", ""], "price": ["1.5", "2.0"]}  # as pandas has them
    asked = ["how many?", "what?", "25", "tea 2", "price of tea"]
    found, wanted, unlike = (
        loaded.predict([{"query": query, "table": table} for query in asked])
        for table in (numbers, words, other)
    )
    assert found == wanted != unlike


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("5", "a mapping of columns, or a list of records"),
        ([1], "a mapping of columns, or a list of records"),
        ({"a": ["1"], "b": ["1", "2"]}, "`table` is none"),
        ({}, "`table` has no cell"),
        ([], "`table` has no cell"),
    ],
)
def test_what_is_no_table_is_refused(shipped: Packaged, table: Any, said: str) -> None:
    with pytest.raises(MlflowException, match=said):
        shipped(TASK).predict([{"query": "what?", "table": table}])


@pytest.mark.parametrize("name", ["truncation", "padding"])
def test_a_strategy_that_there_is_not_is_refused(shipped: Packaged, name: str) -> None:
    with pytest.raises(MlflowException, match="nonsense"):
        shipped(TASK).predict([{"query": "a", "table": COLUMNS}], {name: "nonsense"})
