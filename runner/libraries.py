"""The heavy libraries: what is known and done of them before they are imported."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def spare_unused_imports() -> None:
    """Keep transformers from importing scikit-learn and scipy, a second of every start.

    It wants them only to tune assisted generation, which no recipe can ask for; MLflow installs
    them, so transformers finds them. To be called before transformers' models are imported.
    """
    flags: Any = import_module("transformers.utils.import_utils")
    if hasattr(flags, "_sklearn_available"):
        flags._sklearn_available = False  # noqa: SLF001


def installed(name: str) -> str:
    """Give the installed version of a distribution without its local label, or nothing.

    Args:
        name: Name of the distribution. A label such as ``+cpu`` no package index carries.
    """
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return ""
