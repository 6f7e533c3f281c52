"""The body of a request: no longer than may be, and JSON that is JSON."""

import asyncio
import json
import time
from typing import Any, NoReturn

from starlette.requests import Request

from runner.serving.refusals import Refused

_DEEPEST = 100
_LONGEST_NUMBER = 18


async def body_of(request: Request, most: int, end: float) -> bytes:
    """Read a body.

    Args:
        request: The request.
        most: Bytes that it may have.
        end: When it has to have come, by the monotonic clock.

    Raises:
        Refused: It has more, or does not come; the rest of it is not read.
    """
    try:
        async with asyncio.timeout(max(0.0, end - time.monotonic())):
            return await _read(request, most)
    except TimeoutError as error:
        raise Refused(408, "The body did not come within the time of a request.") from error


async def _read(request: Request, most: int) -> bytes:
    parts, size = list[bytes](), _announced(request)
    if size <= most:
        size = 0
        async for part in request.stream():
            parts.append(part)
            if (size := size + len(part)) > most:
                break
    if size > most:
        raise Refused(413, f"The body has more than {most} bytes, which --max-body allows.")
    return b"".join(parts)


def _announced(request: Request) -> int:
    said = request.headers.get("content-length", "")
    return int(said) if said.isdecimal() and len(said) <= _LONGEST_NUMBER else 0


def text_in(body: bytes) -> str:
    """Read a body that is a text.

    Args:
        body: The body.

    Raises:
        Refused: It is not UTF-8.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, f"The body is no text: {_where(error)}.") from error


def mapping_in(body: bytes, *, strict: bool) -> dict[str, Any]:
    """Read a body that is a JSON object.

    Args:
        body: The body.
        strict: Whether numbers are those of JSON; MLflow's clients write NaN too.

    Raises:
        Refused: It is none, is nested without reason, or has a text that is no Unicode.
    """
    try:
        found = json.loads(body, parse_constant=_no_number if strict else None)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # what is wrong, without the body that the error holds too
        raise Refused(400, f"The body is no JSON: {_where(error)}.") from error
    if not isinstance(found, dict):
        raise Refused(400, f"The body is a JSON object, not {type(found).__name__}.")
    _insist_on_depth(found)
    if b"\\ud" in body.lower():
        _insist_on_unicode(found)
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _where(error: ValueError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} (line {error.lineno}, column {error.colno})"
        case UnicodeDecodeError():
            return f"it is not {error.encoding} at byte {error.start}"
        case _:
            return str(error)


def _too_deep() -> Refused:
    return Refused(400, f"The body is nested more than {_DEEPEST} deep.")


def _insist_on_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > _DEEPEST:
            raise _too_deep()
        inner = [one.values() if isinstance(one, dict) else one for one in level]
        level = [one for some in inner for one in some if isinstance(one, dict | list)]
        depth += 1


def _insist_on_unicode(found: dict[str, Any]) -> None:
    for name, value in found.items():
        try:
            json.dumps([name, value], ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            shown = name.encode(errors="backslashreplace").decode()
            why = f"`{shown}` has half of a surrogate pair, which is no character"
            raise Refused(400, why, shown) from error
