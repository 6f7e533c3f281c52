"""The libraries: what is known of them before they are imported."""

import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.util import find_spec

_REPORTED = (
    *("mlflow", "torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"),
    *("numpy", "pandas", "pydantic"),
)

_VERSION = re.compile(r"^Version: (.+)$", re.M)
"""The line that says it: reading all of the metadata takes ten times as long."""


def installed(name: str) -> str:
    """Give the installed version of a distribution without its local label, or nothing.

    Args:
        name: Name of the distribution. A label such as ``+cpu`` no package index carries.
    """
    try:
        return _version(name)
    except PackageNotFoundError:
        return ""


def is_importable(module: str) -> bool:
    """Say whether a module could be imported; it is not.

    Args:
        module: Its name, such as ``torchvision``.
    """
    return find_spec(module) is not None


def versions() -> dict[str, str]:
    """Give the versions that a record keeps, by package."""
    found = {name: installed(name) for name in _REPORTED}
    return {"python": platform.python_version(), **{k: v for k, v in found.items() if v}}


@cache  # of what is there; what is missing may be installed while this process lives
def _version(name: str) -> str:
    said = _VERSION.search(distribution(name).read_text("METADATA") or "")
    return (said[1] if said else version(name)).partition("+")[0]
