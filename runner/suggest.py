"""Did you mean: the closest of some names, by edit distance."""

from collections.abc import Iterable


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Give a question that names the closest candidate.

    Args:
        name: What was written.
        candidates: What could have been meant.

    Returns:
        ``Did you mean `x`?``, or nothing where none is close.
    """
    found = closest(name, candidates)
    return f"Did you mean `{found}`?" if found else ""


def closest(name: str, candidates: Iterable[str]) -> str:
    """Give the candidate fewest edits away; nothing where none is within a third of its length.

    A swap of neighbours counts as one edit, and so does a difference in case only. Of equals the
    one of the closest length, then the first in alphabetical order.
    """
    ranked = sorted(
        (_distance(name.lower(), c.lower()), abs(len(c) - len(name)), c)
        for c in set(candidates)
        if abs(len(c) - len(name)) <= _allowed(name, c)
    )
    if ranked and ranked[0][0] <= _allowed(name, ranked[0][2]):
        return ranked[0][2]
    return ""


def _allowed(name: str, candidate: str) -> int:
    return max(1, max(len(name), len(candidate)) // 3)


def _distance(left: str, right: str) -> int:
    """Optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, last, row = row, before, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
