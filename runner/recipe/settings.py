"""Settings of a run: what belongs to the machine and the moment, not to the recipe."""



from pydantic import BaseModel, ConfigDict, Field

DEFAULT_TRACKING_URI = "sqlite:///mlflow.db"


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
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda:\d+)$")
    tracking: TrackingSettings = Field(default_factory=TrackingSettings)


