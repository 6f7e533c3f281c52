"""One YAML recipe in, one proven MLflow ``transformers`` model out.

The names in ``__all__`` are the Python API (``docs/python.md``). They are imported when they are
first asked for, so that importing a part of the runner costs that part alone.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.api import (
        Composed,
        Finding,
        RecipeError,
        RunnerError,
        RunRecord,
        compose,
        evaluate,
        read_record,
        run,
        sweep,
    )

__version__ = "0.1.0"
__all__ = [
    "Composed",
    "Finding",
    "RecipeError",
    "RunRecord",
    "RunnerError",
    "compose",
    "evaluate",
    "read_record",
    "run",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Import a name of the API."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from runner import api

    return getattr(api, name)


def __dir__() -> list[str]:
    """Give what there is to import."""
    return [*__all__, "__version__"]
