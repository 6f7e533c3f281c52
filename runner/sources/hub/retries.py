"""Ask a hub again when it was only busy or out of reach for a moment."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

BACKOFF = 1.0
"""Seconds before the second try; each later pause is twice as long, give or take a half."""
LONGEST_PAUSE = 8.0
TRIES = 6
PATIENCE_VARIABLE = "RECIPE_RUNNER_HUB_PATIENCE"
"""Environment variable: seconds without a byte after which there is no further try, 30 by default.
huggingface_hub tries again itself in some places and not in others, and its tries must not be
multiplied by ours."""
_PATIENCE = 30.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds: a hub that asks for a longer pause is not waited for."""

_BUSY = (408, 429, 500, 502, 503, 504)
_BROKEN_OFF = {"ChunkedEncodingError", "ReadError"}
_PASSING = {"ConnectionError", "Timeout", "TransportError", *_BROKEN_OFF}
_LASTING = {"ProxyError", "UnsupportedProtocol"}
_NOT_WHOLE = "Consistency check failed"

T = TypeVar("T")


def nothing_arrives() -> int:
    """Say of a short question that no part of its answer is kept."""
    return 0


def patiently(ask: Callable[[], T], arrived: Callable[[], int] = nothing_arrives) -> T:
    """Ask, and ask again with growing pauses while that may help.

    Args:
        ask: The question; an error it raises may be followed by another try.
        arrived: Bytes that an unfinished answer has left on the disk. Where they grow, the hub is
            at work and the tries are counted anew.

    Returns:
        The answer.

    Raises:
        Exception: What the last try raised.
    """
    patience = _patience()
    tries, held, since = 0, arrived(), time.monotonic()
    while True:
        try:
            return ask()
        except Exception as error:
            if (now := arrived()) > held:
                tries, held, since = 0, now, time.monotonic()
            tries += 1
            pause = _pause(error, tries)
            waited = time.monotonic() - since
            if pause is None or tries == TRIES or (waited > patience and not is_cut_off(error)):
                raise
            if retry_after(error) is not None:
                since += pause
        time.sleep(pause)


def _patience() -> float:
    try:
        return float(os.environ.get(PATIENCE_VARIABLE, _PATIENCE))
    except ValueError:
        return _PATIENCE


def _pause(error: Exception, tries: int) -> float | None:
    if not _may_pass(error):
        return None
    wish = retry_after(error)
    if wish is not None:
        spread = random.uniform(0, BACKOFF)  # noqa: S311 (not a secret)
        return wish + spread if wish <= LONGEST_RETRY_AFTER else None
    pause = min(BACKOFF * 2 ** (tries - 1), LONGEST_PAUSE)
    return pause * random.uniform(0.5, 1.5)  # noqa: S311 (not a secret)


def _may_pass(error: Exception) -> bool:
    """Say whether the same question may be answered a moment later."""
    if status := status_of(error):
        return status in _BUSY
    from socket import gaierror
    from ssl import SSLCertVerificationError

    lasting = (ConnectionRefusedError, gaierror, SSLCertVerificationError)
    if any(isinstance(cause, lasting) for cause in _causes(error)):
        return False
    names = _names(error)
    return is_cut_off(error) or bool(names & _PASSING and not names & _LASTING)


def is_cut_off(error: BaseException) -> bool:
    """Say whether an answer began and ended too soon.

    Args:
        error: What a request raised.
    """
    return bool(_names(error) & _BROKEN_OFF) or _NOT_WHOLE in str(error)


def is_circle(error: BaseException) -> bool:
    """Say whether redirects led back to where they came from.

    Args:
        error: What a request raised; huggingface_hub 0 follows relative ones by recursion.
    """
    return bool(_names(error) & {"TooManyRedirects", "RecursionError"})


def status_of(error: BaseException) -> int:
    """Give the HTTP status that an error stands for, or 0.

    Args:
        error: What a request raised.
    """
    response = _response(error)
    return int(getattr(response, "status_code", 0) or 0)


def retry_after(error: BaseException) -> float | None:
    """Give the seconds a hub asks to be left alone for, or nothing where it does not say.

    Args:
        error: What a request raised.

    Source: RFC 9110, section 10.2.3: seconds, or a date.
    """
    headers = getattr(_response(error), "headers", None) or {}
    text = str(headers.get("Retry-After") or "").strip()
    if text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None


def _response(error: BaseException) -> object:
    found = (getattr(cause, "response", None) for cause in _causes(error))
    return next((response for response in found if response is not None), None)


def _names(error: BaseException) -> set[str]:
    """Give the names of an error's classes and its causes'.

    By name, because which HTTP library is underneath (requests, httpx, httpx2) changes from one
    version of huggingface_hub to the next.
    """
    return {kind.__name__ for cause in _causes(error) for kind in type(cause).__mro__}


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
