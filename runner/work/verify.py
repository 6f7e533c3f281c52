"""Verify: whether the files of a model are what they were when it was proven."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from runner.errors import SourceError
from runner.files.temporary import temporary_folder
from runner.packaging.checksums import checksums_of
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sources.mlflow.location import fetch_model, location_of

_MODEL = "model"
_DESCRIPTION = "MLmodel"
_OF_THE_REGISTRY = {"registered_model_meta"}
"""What MLflow puts into a registered model that is fetched: its name and version."""


@dataclass(frozen=True)
class Verified:
    """What was found.

    Args:
        record: The record that the model was held to.
        model: The model folder.
        changed: Files that are not as they were, each with what became of it.
        files: How many there were.
    """

    record: RunRecord
    model: Path
    changed: Mapping[str, str] = field(default_factory=dict[str, str])
    files: int = 0


def verify(target: str, record: Path | None = None, tracking_uri: str | None = None) -> Verified:
    """Hold a model to the checksums in the record of its run.

    Args:
        target: A record, the folder of a run, a model folder, or the URI of a model.
        record: The record, where it lies neither beside the model nor in its run.
        tracking_uri: Tracking URI of the server that knows the model.

    Raises:
        SourceError: There is no model, no record of it, or none with checksums.
    """
    with temporary_folder("verify") as workdir:
        model, beside = _found(target, Path(workdir), tracking_uri)
        kept = read_record(record or beside)
        if kept is None:
            raise SourceError(
                f"{record or beside} is no record of a run",
                "Name the record.json of the model's run with --record.",
            )
        if not kept.checksums:
            raise SourceError(
                f"{record or beside} has no checksums", "Run the recipe again: a run leaves them."
            )
        changed = _changed(kept.checksums, checksums_of(model))
        if _DESCRIPTION in changed and _without_run(model) == kept.checksums.get(_DESCRIPTION):
            del changed[_DESCRIPTION]
        return Verified(kept, model, changed, len(kept.checksums))


def _found(target: str, workdir: Path, tracking_uri: str | None) -> tuple[Path, Path]:
    """Give the model folder, and where its record should be."""
    path = Path(target)
    folder = path.parent if path.is_file() else path
    if path.is_file() or (path / RECORD_FILE).is_file():
        if not (folder / _MODEL).is_dir():
            raise SourceError(f"{folder} has no model beside its record", "Name the model.")
        return folder / _MODEL, path
    model = fetch_model(location_of(target, tracking_uri), workdir, tracking_uri)
    return model, model.parent / RECORD_FILE


def _without_run(model: Path) -> str:
    """Hash the description of a model without what MLflow adds when it is logged: its run."""
    try:
        described = Model.load(str(model))
    except (MlflowException, ValueError, TypeError, yaml.YAMLError):
        return ""
    described.model_id = described.run_id = described.artifact_path = None
    with temporary_folder("verify") as workdir:
        described.save(f"{workdir}/{_DESCRIPTION}")
        return checksums_of(Path(workdir))[_DESCRIPTION]


def _changed(were: Mapping[str, str], are: Mapping[str, str]) -> dict[str, str]:
    said = {name: "gone" for name in were.keys() - are.keys()}
    said |= {name: "added" for name in are.keys() - were.keys() - _OF_THE_REGISTRY}
    said |= {name: "changed" for name in were.keys() & are.keys() if were[name] != are[name]}
    return dict(sorted(said.items()))
