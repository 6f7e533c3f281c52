"""Batches: rows of like length together, as many as the budget of tokens allows."""

from collections.abc import Callable, Sequence
from typing import Any

from .errors import blaming

_MOST_ROWS = 256


def plan(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Group rows into batches.

    Args:
        lengths: Tokens of each row.
        budget: Tokens of a batch at most, padding included; one row may exceed it alone.

    Returns:
        Numbers of the rows of each batch, the longest first, so that what does not fit in memory
        shows at once.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    for number in order:
        batch = batches[-1] if batches else []
        longest = lengths[batch[0]] if batch else 0
        if batch and longest * (len(batch) + 1) <= budget and len(batch) < _MOST_ROWS:
            batch.append(number)
        else:
            batches.append([number])
    return batches


def run(
    rows: Sequence[Any],
    lengths: Sequence[int],
    budget: int,
    call: Callable[[list[Any]], Sequence[Any]],
) -> list[Any]:
    """Run rows batch by batch, each distinct batch of errors named, and restore their order.

    Args:
        rows: The rows.
        lengths: Tokens of each.
        budget: See :func:`plan`.
        call: Gives an output for each row of a batch.

    Returns:
        An output a row, in the order of the rows.

    Raises:
        BadRequest: A batch failed because of its input; where it is one row's fault that row is
            named, and the others were run.
    """
    outputs: list[Any] = [None] * len(rows)
    for numbers in plan(lengths, budget):
        batch = [rows[number] for number in numbers]
        try:
            with blaming(numbers):
                found = call(batch)
        except Exception:
            if len(numbers) == 1:
                raise
            found = [_alone(number, rows, call) for number in numbers]
        for number, output in zip(numbers, found, strict=True):
            outputs[number] = output
    return outputs


def _alone(number: int, rows: Sequence[Any], call: Callable[[list[Any]], Sequence[Any]]) -> Any:
    with blaming([number]):
        return call([rows[number]])[0]
