"""The model of a rehearsal: what was found on the twin."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from runner.records import RunRecord, SourceRecord, Verdict
from runner.sources import Checkpoint


class Rehearsal(BaseModel):
    """What a rehearsal found.

    Args:
        recipe: Recipe name.
        point: Name of the point.
        model: Class of the model in transformers.
        parameters: Number of parameters of the real model.
        twin_parameters: Number of parameters of its twin.
        shrunk: What makes the twin smaller.
        not_rehearsed: What only the real weights can show, a sentence each.
        record: The run of the twin.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    point: str
    model: str
    parameters: int
    twin_parameters: int
    shrunk: str
    not_rehearsed: list[str]
    record: RunRecord

    @property
    def passed(self) -> bool:
        """Whether every check of the twin passed."""
        return self.record.verdict is Verdict.PASSED


def surveyed(checkpoints: Mapping[str, Checkpoint]) -> dict[str, SourceRecord]:
    """Give where the parts come from, of which a rehearsal has twins.

    Args:
        checkpoints: Checkpoint of each part.
    """
    return {
        name: SourceRecord(kind=c.kind, name=c.name, commit=c.commit, license=c.license)
        for name, c in checkpoints.items()
    }
