"""The libraries: what is known of them before they are imported."""

import platform
from functools import cache

_REPORTED = (
    *("mlflow", "torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"),
    *("numpy", "pandas", "pydantic"),
)


def installed(name: str) -> str:
    """Give the installed version of a distribution without its local label, or nothing.

    Args:
        name: Name of the distribution. A label such as ``+cpu`` no package index carries.
    """
    from importlib.metadata import PackageNotFoundError

    try:
        return _version(name)
    except PackageNotFoundError:
        return ""


def versions() -> dict[str, str]:
    """Give the versions that a record keeps, by package."""
    found = {name: installed(name) for name in _REPORTED}
    return {"python": platform.python_version(), **{k: v for k, v in found.items() if v}}


@cache  # of what is there; what is missing may be installed while this process lives
def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name).partition("+")[0]
