"""The libraries: what is known of them before they are imported."""

from importlib.metadata import PackageNotFoundError, version


def installed(name: str) -> str:
    """Give the installed version of a distribution without its local label, or nothing.

    Args:
        name: Name of the distribution. A label such as ``+cpu`` no package index carries.
    """
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return ""
