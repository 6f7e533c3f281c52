"""Numbers as people read them."""


def size(count: int) -> str:
    """Give a number of bytes: ``1.42 GB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def counted(number: int, what: str) -> str:
    """Give a number of things: ``1 recipe``, ``2 recipes``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
