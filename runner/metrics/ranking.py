"""top_k_accuracy, recall_at_k, mrr, mean_rank and ndcg: where the right one is ranked."""

from math import log2
from typing import Any, Literal

from pydantic import Field

from runner.metrics.base import Mean, Measured
from runner.metrics.reading import gains_of, ranking_of
from runner.tasks.scoring import Form

_RANKED: frozenset[Form] = frozenset({"labels", "ranking"})


class TopKAccuracy(Mean, frozen=True):
    """The share of rows that have a right one among the best ``k``.

    Args:
        name: ``top_k_accuracy``, or ``hit_rate`` for the same.
        k: How many count.
    """

    takes = _RANKED
    reads = staticmethod(gains_of)
    share = True

    name: Literal["top_k_accuracy", "hit_rate"]
    k: int = Field(default=5, ge=1)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Look for a right one among the best."""
        right = gains_of(target)
        return {"value": float(any(one in right for one in ranking_of(answer)[: self.k]))}


class RecallAtK(Mean, frozen=True):
    """The share of the right ones that are among the best ``k``, averaged over rows.

    Args:
        name: Always ``recall_at_k``.
        k: How many count.
    """

    takes = _RANKED
    reads = staticmethod(gains_of)

    name: Literal["recall_at_k"]
    k: int = Field(default=10, ge=1)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Count the right ones among the best."""
        right = gains_of(target)
        found = right.keys() & set(ranking_of(answer)[: self.k])
        return {"value": len(found) / len(right)}


class Mrr(Mean, frozen=True):
    """The mean of one divided by the rank of the first right one; 0 where none is ranked.

    Args:
        name: Always ``mrr``.
        k: How many count; all where absent.

    Source: E. M. Voorhees, "The TREC-8 question answering track report" (1999).
    """

    takes = _RANKED
    reads = staticmethod(gains_of)

    name: Literal["mrr"]
    k: int | None = Field(default=None, ge=1)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Divide by the rank."""
        ranked = ranking_of(answer)[: self.k]
        rank = first_right(ranked, gains_of(target))
        return {"value": 1 / rank if rank <= len(ranked) else 0.0}


class MeanRank(Mean, frozen=True):
    """The mean rank of the first right one; one that is not ranked counts as one after the last.

    Args:
        name: Always ``mean_rank``.
    """

    takes = _RANKED
    reads = staticmethod(gains_of)
    higher_is_better = False
    bounds = (1.0, float("inf"))

    name: Literal["mean_rank"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Take the rank."""
        return {"value": float(first_right(ranking_of(answer), gains_of(target)))}


def first_right(ranked: list[str], right: dict[str, float]) -> int:
    """Give the rank of the first right one, from 1; one more than there are where none is."""
    ranks = (rank for rank, one in enumerate(ranked, start=1) if one in right)
    return next(ranks, len(ranked) + 1)


class Ndcg(Mean, frozen=True):
    """The mean of gains that are discounted by rank, as a part of the best order's.

    Args:
        name: Always ``ndcg``.
        k: How many count; all where absent.

    Source: K. Järvelin and J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques"
        (2002), with the gains as they are and log2(rank + 1), as in scikit-learn.
    """

    takes = _RANKED
    reads = staticmethod(gains_of)

    name: Literal["ndcg"]
    k: int | None = Field(default=None, ge=1)

    def measure(self, answer: Any, target: Any) -> Measured:
        """Compare with the best order."""
        gains = gains_of(target)
        ranked = [gains.get(one, 0.0) for one in ranking_of(answer)]
        best = sorted(gains.values(), reverse=True)
        return {"value": _discounted(ranked[: self.k]) / _discounted(best[: self.k])}


def _discounted(gains: list[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
