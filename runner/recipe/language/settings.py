"""Settings of a run: what belongs to the machine and the moment, not to the recipe."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from runner.sources.checkpoint.licenses import LicensePolicy

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

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    uri: str | None = DEFAULT_TRACKING_URI


class Policy(BaseModel):
    """What may be packaged here.

    Args:
        licenses: Which licences are allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    licenses: LicensePolicy = Field(default_factory=LicensePolicy)


class Signing(BaseModel):
    """How a model that passed is signed.

    Args:
        key: File with the private key: of an elliptic curve, in PEM. No model is signed where null.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    key: str | None = None


class RunSettings(BaseModel):
    """Settings of a run, from ``configs/config.yaml`` and the command line.

    Args:
        out: Folder for everything the run leaves; ``outputs`` for a single run and ``multirun``
            for a sweep where null.
        device: Where the proof runs: ``auto``, ``cpu`` or ``cuda:<n>``.
        tracking: Where the run is logged.
        policy: What may be packaged here.
        signing: How a model that passed is signed.
        allow_code: Whether metrics of a recipe's own, ``module:function``, may run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    out: str | None = None
    device: Annotated[str, AfterValidator(_known_device)] = "auto"
    tracking: TrackingSettings = Field(default_factory=TrackingSettings)
    policy: Policy = Field(default_factory=Policy)
    signing: Signing = Field(default_factory=Signing)
    allow_code: bool = False
