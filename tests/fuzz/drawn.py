"""How much is drawn, and texts that a few bytes were exchanged in."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_USUAL = 40
EXAMPLES = int(os.environ.get("RECIPE_RUNNER_FUZZ", str(_USUAL)))
"""How many cases a target has; `make fuzz` draws more."""
_LONGEST = 10_000
"""Milliseconds of a case."""
IS_LONG = EXAMPLES > _USUAL
"""Whether it is `make fuzz` that draws, and not a test among others."""
_BYTES: Sequence[bytes] = (
    *(b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b[31m", b"\xe2\x80\xae"),
    *(b"\n", b"\r\n::error::", b"[" * 500, b"{", b"}", b"]", b":", b'"', b"'"),
    *(b"&a", b"*a", b"<<: *a"),
    *(b"!!python/object/apply:os.system", b"%", b"#", b"9" * 400, b"-1", b"1e999", b".nan", b"NaN"),
    *(b"Infinity", b"null", b"~", b"true", b"${oc.env:HOME}", b"../../../etc/passwd", b"a" * 5000),
    *(b"__class__", b"{{ 1 }}"),
)


def fuzzed(share: int = 1) -> Callable[[Any], Any]:
    """Say how a test draws: as much as is asked for, and no case may take longer than ten seconds.

    Args:
        share: How many times longer than others a case takes: where many are drawn, so many fewer.
    """
    count = max(min(EXAMPLES, _USUAL), EXAMPLES // share)
    checks = list(HealthCheck)
    return settings(max_examples=count, deadline=_LONGEST, suppress_health_check=checks)


def exchanged(texts: Sequence[str | bytes]) -> st.SearchStrategy[bytes]:
    """Draw texts in which some bytes were exchanged for others.

    Args:
        texts: What is taken as it should be.
    """
    edit = st.tuples(
        st.integers(0, 2000), st.integers(0, 40), st.sampled_from(_BYTES) | st.binary(max_size=8)
    )
    whole = [text.encode() if isinstance(text, str) else text for text in texts]
    return st.builds(_edited, st.sampled_from(whole), st.lists(edit, max_size=4))


def _edited(text: bytes, edits: Sequence[tuple[int, int, bytes]]) -> bytes:
    for place, length, new in edits:
        at = place % (len(text) + 1)
        text = text[:at] + new + text[at + length :]
    return text
