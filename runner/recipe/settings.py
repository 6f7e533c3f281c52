"""Settings of a run: what belongs to the machine and the moment, not to the recipe."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

DEFAULT_TRACKING_URI = "sqlite:///mlflow.db"


_DEVICE = re.compile(r"auto|cpu|cuda:\d+")


def _known_device(device: str) -> str:
    if not _DEVICE.fullmatch(device):
        raise PydanticCustomError(
            "device", "it is auto, cpu or cuda:<n>, not {device}", {"device": device}
        )
    return device


class TrackingSettings(BaseModel):
    """Where the run is logged.

    Args:
        uri: MLflow tracking URI; null logs nowhere.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    uri: str | None = DEFAULT_TRACKING_URI


class Settings(BaseModel):
    """Settings of a run, from ``configs/config.yaml`` and the command line.

    Args:
        out: Folder for everything the run leaves; ``outputs`` for a single run and ``multirun``
            for a sweep where null.
        device: Where the proof runs: ``auto``, ``cpu`` or ``cuda:<n>``.
        tracking: Where the run is logged.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    out: str | None = None
    device: Annotated[str, AfterValidator(_known_device)] = "auto"
    tracking: TrackingSettings = Field(default_factory=TrackingSettings)
