"""Values of a sweep file, as the overrides that the command line would have of them."""

from collections.abc import Mapping
from typing import Any

from hydra.errors import HydraException

from runner.upstream.hydra_api import parse_override, quoted


class UnwritableError(Exception):
    """A key or a value that no override can have; says why."""


def override_of(key: str, value: Any) -> str:
    """Write a value as an override, readable where it can be.

    Args:
        key: Dotted key, such as ``params.top_k``.
        value: Plain value.

    Raises:
        UnwritableError: Hydra's grammar has no override that gives the value.
    """
    plain = f"{key}={_written(value, quoting=False)}"
    if _gives(plain, key, value):
        return plain
    exact = f"{key}={_written(value, quoting=True)}"
    if not _gives(exact, key, value):
        raise UnwritableError(f"no override gives `{key}` this value")
    return exact


def _gives(text: str, key: str, value: Any) -> bool:
    try:
        override = parse_override(text)
    except HydraException:
        return False
    if override.is_sweep_override() or (override.input_line or "").partition("=")[0] != key:
        return False
    return _same(override.value(), value)


def _same(given: Any, value: Any) -> bool:
    if isinstance(value, float) and value != value:
        return isinstance(given, float) and given != given
    return type(given) is type(value) and given == value


def _written(value: Any, *, quoting: bool) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return quoted(value) if quoting else value
        case list():
            return f"[{','.join(_written(item, quoting=quoting) for item in value)}]"
        case Mapping():
            items = (f"{key}:{_written(item, quoting=quoting)}" for key, item in value.items())
            return f"{{{','.join(items)}}}"
        case _:
            return repr(value)
