"""The model that ``mlflow.pyfunc`` runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from . import lengths
from .adapter import adapter_for
from .errors import BadRequest, blaming
from .loading import Parts, load_parts, pipeline_of
from .seeding import seed_draws
from .settings import DEFAULTS, Settings


class InferenceModel:
    """Predicts: as many rows out as in, in order.

    Args:
        parts: What runs.
        config: ``model_config``.
        settings: How it runs.
    """

    def __init__(self, parts: Parts, config: dict[str, Any], settings: Settings) -> None:
        self._parts = parts
        self._config = Settings.rest(config)
        self._budget = settings.budget(parts.device)
        for component in parts.components.values():
            lengths.bound(getattr(component, "tokenizer", component), parts.model)
        self._adapter = adapter_for(parts)

    @classmethod
    def load(cls, path: Path, config: dict[str, Any]) -> "InferenceModel":
        """Load a model.

        Args:
            path: The model folder.
            config: ``model_config``, as MLflow gives it.
        """
        settings = Settings.of(config)
        return cls(load_parts(path, settings), config, settings)

    def get_raw_model(self) -> Any:
        """Give the transformers pipeline, as MLflow does; the model where there is none."""
        return pipeline_of(self._parts) or self._parts.model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """Predict.

        Args:
            data: Rows: DataFrame, list, dict, text, bytes or array.
            params: Arguments of this call; they win over ``model_config``.

        Returns:
            An output a row, in the container of the task's signature.

        Raises:
            BadRequest: Input or params cannot be used.
        """
        options = self._options(params)
        rows = self._adapter.rows(data)
        with torch.inference_mode():
            return self._adapter.predict(rows, options, self._budget)

    def predict_stream(self, data: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """Predict one row, piece by piece.

        Args:
            data: One row.
            params: As in :meth:`predict`.

        Yields:
            Pieces of the output, as they come.

        Raises:
            BadRequest: The task does not stream, or input or params cannot be used.
        """
        options = self._options(params)
        with blaming([0]):
            rows = self._adapter.rows(data)
        yield from self._adapter.stream(rows, options)

    def _options(self, params: dict[str, Any] | None) -> dict[str, Any]:
        if at_load := sorted(DEFAULTS.keys() & (params or {}).keys() - {"truncation"}):
            raise BadRequest(f"{', '.join(at_load)}: set in model_config at load, not in a call")
        options = {**self._config, **(params or {})}
        if (seed := options.pop("seed", None)) is not None:
            seed_draws(int(seed))
        return options
