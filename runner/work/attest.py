"""Attest: a model that passed is signed; of any other no signature is left."""

from pathlib import Path

from runner.packaging.attestation import SIGNATURE_FILE, sign_model
from runner.recipe.composing.composed import Composed
from runner.records import Verdict
from runner.work.journal import Entry, Journal


def attest(composed: Composed, folder: Path, journal: Journal) -> None:
    """Sign the model of a run that passed, where a key is set.

    Args:
        composed: The composed recipe.
        folder: Folder of the point, which gets the signature.
        journal: The journal of the run, whose report is written.

    Raises:
        SigningError: The key does not sign.
    """
    record, signature = journal.record, folder / SIGNATURE_FILE
    signature.unlink(missing_ok=True)
    key = composed.settings.signing.key
    if key is None or record.verdict is not Verdict.PASSED:
        return
    journal.step(
        "attest",
        lambda: sign_model(Path(record.model), Path(key), signature),
        lambda file: Entry(file.name, fields={"reports": [*record.reports, str(file)]}),
    )
