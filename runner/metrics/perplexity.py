"""perplexity: how surprised a language model is by a text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.base import Additive, Measured, MetricError
from runner.metrics.reading import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


class Perplexity(Additive, frozen=True):
    """The exponential of minus the mean log-likelihood of a token, over the tokens of all rows.

    Args:
        name: Always ``perplexity``.

    Source: F. Jelinek et al., "Perplexity: a measure of the difficulty of speech recognition
        tasks" (1977).
    """

    takes = frozenset({"likelihood"})
    needs_target = False
    higher_is_better = False
    bounds = (1.0, float("inf"))
    undefined = "no token was scored"

    name: Literal["perplexity"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Take the sum over the row's tokens."""
        summed, tokens = answer["log_likelihood"], answer["tokens"]
        if number_of(summed, "the log-likelihood") > 0:
            raise MetricError(f"the log-likelihood {summed} is above 0")
        return {"log_likelihood": float(summed), "tokens": number_of(tokens, "tokens")}

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Give the exponential of the mean."""
        import numpy as np

        return np.exp(
            -sums["log_likelihood"] / np.where(sums["tokens"] > 0, sums["tokens"], np.nan)
        )
