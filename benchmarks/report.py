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
        budget: The most it should be, or the least; nothing where there is no budget.
        more: Whether more is better.
    """

    what: str
    ours: str
    theirs: str
    ratio: float
    budget: float | None = None
    more: bool = False

    @property
    def verdict(self) -> str:
        """Whether it is within its budget."""
        if self.budget is None:
            return ""
        kept = self.ratio >= self.budget if self.more else self.ratio <= self.budget
        return "within" if kept else "OVER"
