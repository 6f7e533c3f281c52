"""Verify: whether the files of a model are what they were when it was proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SourceError
from runner.files.temporary import temporary_folder
from runner.packaging.attestation import SIGNATURE_FILE, signed_checksums
from runner.packaging.checksums import DESCRIPTION, changed_since, checksum_unlogged, checksums_of
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sources.mlflow.location import fetch_model, location_of

_MODEL = "model"


@dataclass(frozen=True)
class Verified:
    """What was found.

    Args:
        model: The model folder.
        changed: Files that are not as they were, each with what became of it.
        files: How many there were.
        verdict: What its run said of it; empty where there is no record.
        failure: The word for how that run ended, where it did not end well; else empty.
        signed: Whether it was held to what the owner of a key has signed.
    """

    model: Path
    changed: Mapping[str, str]
    files: int
    verdict: str = ""
    failure: str = ""
    signed: bool = False


@dataclass(frozen=True)
class Signed:
    """A signature that a model is held to.

    Args:
        public_key: The public key of who signed it.
        signature: The signature; that beside the model where None.
    """

    public_key: Path
    signature: Path | None = None


def verify(
    target: str,
    record: Path | None = None,
    tracking_uri: str | None = None,
    signed: Signed | None = None,
) -> Verified:
    """Hold a model to the checksums in the record of its run, or to those that were signed.

    Args:
        target: A record, the folder of a run, a model folder, or the URI of a model.
        record: The record, where it lies neither beside the model nor in its run.
        tracking_uri: Tracking URI of the server that knows the model.
        signed: The signature, where it is one that counts.

    Raises:
        SourceError: There is no model, no record of it, or none with checksums.
        SigningError: There is no signature, or it is not by the key.
    """
    with temporary_folder("verify") as workdir:
        model, beside = _found(target, Path(workdir), tracking_uri)
        kept = read_record(record or beside)
        if signed:
            were = signed_checksums(signed.signature or model.parent / SIGNATURE_FILE,
                                    signed.public_key)  # fmt: skip
        else:
            were = _checksums_in(kept, record or beside)
        changed = changed_since(were, checksums_of(model))
        if DESCRIPTION in changed and checksum_unlogged(model) == were.get(DESCRIPTION):
            del changed[DESCRIPTION]
        verdict = kept.verdict.value if kept else ""
        failure = kept.failure.code if kept and kept.failure else ""
        return Verified(model, changed, len(were), verdict, failure, signed is not None)


def _checksums_in(record: RunRecord | None, file: Path) -> Mapping[str, str]:
    if record is None:
        why = (
            "cannot be read: it is damaged, or no record of a run"
            if file.is_file()
            else "is not there"
        )
        remedy = "Name the record.json of the model's run with --record."
        raise SourceError(f"{file} {why}", remedy)
    if not record.checksums:
        raise SourceError(f"{file} has no checksums", "Run the recipe again: a run leaves them.")
    return record.checksums


def _found(target: str, workdir: Path, tracking_uri: str | None) -> tuple[Path, Path]:
    """Give the model folder, and where its record should be."""
    path = Path(target)
    folder = path.parent if path.is_file() else path
    if path.is_file() or (path / RECORD_FILE).is_file():
        if not (folder / _MODEL).is_dir():
            raise SourceError(f"{target}: {folder / _MODEL} is not there", "Name the model.")
        return folder / _MODEL, folder / RECORD_FILE if path.is_dir() else path
    model = fetch_model(location_of(target, tracking_uri), workdir, tracking_uri)
    return model, model.parent / RECORD_FILE
