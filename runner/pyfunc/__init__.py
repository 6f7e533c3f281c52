"""Inference code of a packaged model: it ships inside the model and needs nothing of the runner.

``mlflow.pyfunc.load_model`` calls :func:`_load_pyfunc`. Rows come out as they went in: as many, in
order; batches are an affair of speed alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import InferenceModel

VERSION = 3
"""Of this code; a model's ``code/`` folder names it: two versions load side by side."""


def _load_pyfunc(  # pyright: ignore[reportUnusedFunction]
    path: str, model_config: dict[str, Any] | None = None
) -> "InferenceModel":
    """Load a model; the entry point that MLflow calls.

    Args:
        path: The model folder.
        model_config: The saved ``model_config``, with what was given at load over it.
    """
    from .model import InferenceModel

    return InferenceModel.load(Path(path), dict(model_config or {}))
