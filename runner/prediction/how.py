"""How a model is asked for the rows of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.engines import LOCAL, Engine


@dataclass(frozen=True)
class HowToPredict:
    """How a model is asked.

    Args:
        inputs: Columns of the data by input of the model; an input without a name is ``""``.
        params: Params of every call.
        batch: Rows that are asked together.
        device: ``auto``, ``cpu`` or ``cuda:<n>``.
        seed: Seed of answers that are drawn.
        tracking_uri: Tracking URI of the server that knows the model.
        engine: What runs the batches: ``local``, ``ray`` or ``spark``; the answers are the same.
        again: Throw away what an earlier try left, and replace what is there.
    """

    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    batch: int = 128
    device: str = "auto"
    seed: int = 0
    tracking_uri: str | None = None
    engine: Engine = LOCAL
    again: bool = False
