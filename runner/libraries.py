"""The libraries: what is known of them before they are imported."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


def installed(name: str) -> str:
    """Give the installed version of a distribution without its local label, or nothing.

    Args:
        name: Name of the distribution. A label such as ``+cpu`` no package index carries.
    """
    try:
        return _version(name)
    except PackageNotFoundError:
        return ""


@cache  # of what is there; what is missing may be installed while this process lives
def _version(name: str) -> str:
    return version(name).partition("+")[0]
