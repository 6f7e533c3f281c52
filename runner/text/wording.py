"""Numbers and values as people read them."""

_LONGEST = 40


def size(count: int) -> str:
    """Give a number of bytes: ``1.42 GB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def figure(value: float | None) -> str:
    """Give a number that was measured, with four digits or all before the point."""
    if value is None:
        return "not defined"
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def interval(low: float | None, high: float | None) -> str:
    """Give the ends of an interval: ``0.86 to 0.93``; an end that is not known is ``…``."""
    if low is None and high is None:
        return "not known"
    return " to ".join("…" if end is None else figure(end) for end in (low, high))


def counted(number: int, what: str) -> str:
    """Give a number of things: ``1 recipe``, ``2 recipes``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def described(value: object) -> str:
    """Say what a value is: ``the text "x"``, ``the number 3``, ``a list``.

    Args:
        value: The value.
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the text "{value if len(value) <= _LONGEST else value[:_LONGEST] + "…"}"'
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return type(value).__name__
