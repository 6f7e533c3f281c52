"""Settings of inference: what ``model_config`` and ``params`` may say beside the model's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from .errors import BadRequest

_ON_CPU = 1024
_ON_GPU = 16_384
MAP = "map"
"""The device that stands for all there are: accelerate spreads the weights over them."""
POLICIES = ("error", "warn", "cut")
"""What becomes of a row longer than the model: refused; cut, with a warning; cut."""
DEFAULTS: Mapping[str, Any] = {
    "device": "auto", "dtype": "saved", "batch_tokens": "auto", "truncation": "warn"
}  # fmt: skip
"""Saved with every model, so that they can be set at load: MLflow drops keys it does not know."""


@dataclass(frozen=True)
class Settings:
    """How a model runs.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:<n>``, or ``map`` to spread over devices.
        dtype: ``saved``, or a torch dtype name to run in.
        batch_tokens: Tokens of a batch at most, padding included; 0 for what suits the device.
        truncation: One of :data:`POLICIES`. What the tokenizers call so is an argument of inference
            beside it, and wins.
        base_model: For weights that are not in the model, or have an adapter: ``saved``, or a
            folder or repository to take instead.
    """

    device: str
    dtype: str
    batch_tokens: int
    truncation: str = "warn"
    base_model: str = "saved"

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Settings":
        """Read the settings out of a ``model_config``."""
        values = {**DEFAULTS, **{k: config[k] for k in DEFAULTS if config.get(k) is not None}}
        tokens = values["batch_tokens"]
        try:
            number = 0 if tokens == "auto" else int(tokens)
        except ValueError as error:
            raise BadRequest(f"batch_tokens {tokens!r} is neither a number nor auto") from error
        base = str(config.get("base_model") or "saved")
        how = values["truncation"]
        how = how if how in POLICIES else DEFAULTS["truncation"]
        return cls(str(values["device"]), str(values["dtype"]), number, how, base)

    @staticmethod
    def rest(config: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments of inference: what a ``model_config`` says beside the settings."""
        strategy = {k: v for k, v in config.items() if k == "truncation" and v not in POLICIES}
        settings = (*DEFAULTS, "base_model")
        return {**{k: v for k, v in config.items() if k not in settings}, **strategy}

    def budget(self, device: torch.device) -> int:
        """Give the tokens of a batch: few keep a CPU's caches warm, many a GPU busy."""
        return self.batch_tokens or (_ON_CPU if device.type == "cpu" else _ON_GPU)

    def torch_device(self) -> torch.device:
        """Give the device to run on."""
        if self.device in ("auto", MAP):
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        try:
            device = torch.device(self.device)
        except RuntimeError as error:
            raise BadRequest(f"device {self.device} is none: auto, cpu, cuda:<n> or map") from error
        if device.type == "cuda" and (device.index or 0) >= (here := torch.cuda.device_count()):
            raise BadRequest(
                f"device {self.device} is not here (CUDA devices: {here}); auto takes what there is"
            )
        return device
