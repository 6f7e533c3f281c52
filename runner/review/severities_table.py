"""Severities of the repository in a review as Markdown: which changes they are about, and why."""

from collections.abc import Iterator, Sequence

from runner.review.review import Review
from runner.review.rules import RULES, Change
from runner.review.severities import Override
from runner.text.quoting import code, prose

_MOST = 50
_FOR_GOOD = "–"


def accepted(review: Review, expired: Sequence[Override]) -> Iterator[str]:
    """Give the changes that count otherwise than their rules say, and what counts so no more.

    Args:
        review: The review.
        expired: Severities that hold no more.
    """
    found = [(one.name, change) for one in review.recipes for change in one.changes]
    taken = [(name, change) for name, change in found if change.taken_for is not None]
    if taken:
        yield "### Counted otherwise here"
        yield ""
        yield "| recipe | field | change | by its rule | here | why | until |"
        yield "|---|---|---|---|---|---|---|"
        yield from (_line(name, change) for name, change in taken[:_MOST])
        yield from ([f"and {len(taken) - _MOST} more"] if taken[_MOST:] else [])
        yield ""
    if expired:
        yield "### Counted otherwise no more"
        yield ""
        for one in expired[:_MOST]:
            yield f"- {code(one.rule)} until {one.expires}: {prose(one.reason)}"
        yield ""


def _line(name: str, change: Change) -> str:
    cells = (
        code(name, in_table=True),
        code(change.field, in_table=True),
        prose(change.what),
        str(RULES[change.rule].impact),
        str(change.impact),
        prose(change.reason),
        change.until or _FOR_GOOD,
    )
    return f"| {' | '.join(cells)} |"
