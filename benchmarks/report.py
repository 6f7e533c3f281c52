"""What a benchmark says: a ratio, what it is a ratio of, and the budget it has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """One line of the table.

    Args:
        what: What was measured.
        ours: Ours, with its unit.
        theirs: What it is compared with, with its unit.
        ratio: Ours over theirs.
        budget: The most it should be; nothing where there is no budget.
    """

    what: str
    ours: str
    theirs: str
    ratio: float
    budget: float | None = None

    @property
    def verdict(self) -> str:
        """Whether it is within its budget."""
        if self.budget is None:
            return ""
        return "within" if self.ratio <= self.budget else "OVER"
