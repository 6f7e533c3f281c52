"""Answers found in tables."""

from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from . import batches, lengths
from .errors import bad_row
from .pipelines import Piped
from .rows import records, structure, texts

_Asked = tuple[list[str], pd.DataFrame]
_DROP_ROWS = "drop_rows_to_fit"
"""A strategy that tokenizers of tables know alone."""


class TableAnswers(Piped):
    """Questions and tables in; answers out.

    A table is a mapping of columns or a list of records, as such or as JSON text. With
    ``sequential`` questions that follow each other on one table are a conversation.
    """

    generates = True

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give a text a question."""
        asked = [_asked(row, number) for number, row in enumerate(_rejoined(rows))]
        if options.get("sequential"):
            asked = _conversations(asked)
        for number, (queries, table) in enumerate(asked):
            found = [self._tokens(table, query) for query in queries]
            lengths.hold(self._parts, [max(found)], options, [number])
        if lengths.strategy(options, _DROP_ROWS) is True:
            options = {**options, "truncation": _DROP_ROWS}
        one_each = [1] * len(asked)
        found = batches.run(asked, one_each, 1, lambda b: [self._answers(b[0], options)])
        return [answer for answers in found for answer in answers]

    def _tokens(self, table: pd.DataFrame, query: str) -> int:
        """Count the tokens of a question with all rows of its table."""
        how = {"truncation": "do_not_truncate", "verbose": False}
        return len(self._parts.tokenizer(table, query, **how)["input_ids"])

    def _answers(self, asked: _Asked, options: dict[str, Any]) -> list[str]:
        queries, table = asked
        if options.get("sequential"):
            found = self._call({"table": table, "query": queries}, options)
            found = found if isinstance(found, list) else [found]
        else:
            found = [self._call({"table": table, "query": query}, options) for query in queries]
        return [str(answer["answer"]).strip() for answer in found]


def _rejoined(rows: list[Any]) -> list[dict[str, Any]]:
    """Put records together that MLflow's schema took for a row each: they are of one table."""
    given = [
        {**row, "query": query, "table": table}
        for number, row in enumerate(records(rows, ["query", "table"]))
        for query, table in _paired(row["query"], _read(row["table"], number), number)
    ]
    joined: list[dict[str, Any]] = []
    for row, group in groupby(given, lambda row: row if not _is_record(row["table"]) else None):
        if row is not None:
            joined += list(group)
            continue
        for query, part in groupby(group, lambda row: row["query"]):
            joined.append({"query": query, "table": [one["table"] for one in part]})
    return joined


def _read(given: Any, number: int) -> Any:
    """Read a table that may be text as a whole, or record by record."""
    read = structure(given, number, "table")
    if isinstance(read, list | np.ndarray):
        return [structure(record, number, "table") for record in read]
    return read


def _paired(queries: Any, table: Any, number: int) -> list[tuple[Any, Any]]:
    """Give each question of a row its table, where the row has a list of whole tables."""
    if not isinstance(table, list) or not table or any(map(_is_record, table)):
        return [(queries, table)]
    asked = list(queries) if isinstance(queries, list | np.ndarray) else [queries]
    if len(asked) != len(table):
        raise bad_row(number, f"`table` has {len(table)} tables, for {len(asked)} questions")
    return list(zip(asked, table, strict=True))


def _is_record(table: Any) -> bool:
    cells = list(table.values()) if isinstance(table, dict) else [[]]
    return not any(isinstance(cell, dict | list | np.ndarray) for cell in cells)


def _asked(row: dict[str, Any], number: int) -> _Asked:
    queries = row["query"]
    queries = list(queries) if isinstance(queries, list | np.ndarray) else [queries]
    if not queries or not all(isinstance(query, str) and query.strip() for query in queries):
        raise bad_row(number, "`query` is to be text that is not empty")
    return texts(queries), _table(row["table"], number)


def _table(given: Any, number: int) -> pd.DataFrame:
    """Make a table whose cells are text, as the tokenizers of tables want them."""
    listed = isinstance(given, list) and all(isinstance(record, dict) for record in given)
    if not listed and not isinstance(given, dict | pd.DataFrame):
        raise bad_row(number, "`table` is a mapping of columns, or a list of records")
    try:
        # as objects: a column of whole numbers with a hole in it would be one of 25.0
        table = pd.DataFrame(given, dtype=object).reset_index(drop=True)
    except (ValueError, TypeError) as error:
        raise bad_row(number, f"`table` is none: {error}") from error
    if table.empty:
        raise bad_row(number, "`table` has no cell")
    table.columns = pd.Index([str(name) for name in table.columns])
    return table.astype(object).where(table.notna(), "").map(str)


def _conversations(asked: list[_Asked]) -> list[_Asked]:
    """Put the questions together that follow each other on one table."""
    talks: list[_Asked] = []
    for queries, table in asked:
        if talks and talks[-1][1].equals(table):
            talks[-1] = ([*talks[-1][0], *queries], table)
        else:
            talks.append((queries, table))
    return talks
