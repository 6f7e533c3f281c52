"""What a run can know before it begins: that rows, champion, device and tools are there."""

from pathlib import Path

from runner.evaluation.environments import insist_on_uv
from runner.machine.devices import insist_on_device
from runner.packaging.attestation import insist_on_key
from runner.recipe.composing.composed import Composed
from runner.work.champion import insist_on_champion
from runner.work.on_data import check_rows


def insist_on_ready(composed: Composed) -> int:
    """Look for what would stop an evaluation, before anything is fetched.

    Args:
        composed: The composed recipe.

    Returns:
        How many rows it is evaluated on; 0 where it has no dataset.

    Raises:
        DataError: A row cannot be read.
        WrongInput: It measures by code of its repository, and there is no leave to run it.
        ResourceError: The device is not there.
        EnvironmentFailed: An environment is to be made, and there is no uv.
        SigningError: A model is to be signed, and there is nothing to sign it with.
        SourceError: The champion of a gate cannot be had.
    """
    if key := composed.settings.signing.key:
        insist_on_key(Path(key))
    insist_on_device(composed.settings.device)
    if "isolated" in composed.recipe.views:
        insist_on_uv()
    rows = check_rows(composed)
    insist_on_champion(composed)
    return rows
