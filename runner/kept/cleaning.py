"""Deletion by rule: what it is to delete, and the deletion, its part in MLflow included."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runner.errors import FolderInUse, StorageError, TrackingError
from runner.evaluated import Verdict
from runner.kept.folders import folders_in, is_sweep
from runner.kept.listing import StoredRun
from runner.kept.servers import server_of
from runner.records import RECORD_FILE, TrackingRecord
from runner.stores import asking
from runner.sweeps.parents import forget_parents
from runner.sweeps.record import read_sweep
from runner.text.secrets import without_user
from runner.work.workplace import LOCK_FILE, alone_in

if TYPE_CHECKING:
    from mlflow import MlflowClient

Per = Literal["recipe", "point"]
_GONE = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True)
class Rule:
    """What is to be deleted: what every condition that is given holds for.

    Args:
        keep: All but so many of the newest.
        per: Of each recipe, or of each point of one.
        failed: What failed, or never came to its end.
        older: What started longer ago.
    """

    keep: int | None = None
    per: Per = "recipe"
    failed: bool = False
    older: timedelta | None = None


def chosen(runs: Sequence[StoredRun], rule: Rule, now: datetime) -> list[StoredRun]:
    """Choose what a rule deletes: nothing that runs, nothing that was promoted.

    Args:
        runs: The runs, the newest first.
        rule: The rule.
        now: The time.
    """
    newer = Counter[tuple[str, ...]]()
    found: list[StoredRun] = []
    for run in runs:
        point = (run.record.point,) if rule.per == "point" else ()
        newer[run.record.recipe, *point] += 1
        spare = rule.keep is None or newer[run.record.recipe, *point] > rule.keep
        if spare and _falls_under(run, rule, now) and not run.held and not run.promoted:
            found.append(run)
    return found


def _falls_under(run: StoredRun, rule: Rule, now: datetime) -> bool:
    failed = run.record.failure is not None or run.record.verdict is Verdict.FAILED
    return (failed or not rule.failed) and (rule.older is None or run.age(now) > rule.older)


def delete(run: StoredRun) -> list[str]:
    """Delete what a run has left: its run in MLflow, then its folder.

    Args:
        run: The run.

    Returns:
        What was done, or left, beside the folder: a sentence each.

    Raises:
        TrackingError: MLflow failed; the folder is still there, and says where the run is.
        FolderInUse: A run works in the folder by now.
        StorageError: The disk would not let go of it.
    """
    with alone_in(run.folder):
        said = _forget(run.record.tracking) if run.record.tracking else []
        try:
            _empty(run.folder)
        except OSError as error:
            message = f"{run.folder} cannot be removed: {error.strerror or error}"
            raise StorageError(message, "Check its permissions.") from error
    _remove_empty(run.folder, run.root)
    _remove_sweeps(run.folder, run.root)
    _remove_empty(run.folder, run.root)
    return said


def forget_killed(root: Path) -> None:
    """Remove folders in which a deletion that was killed left nothing but the lock that it held.

    Args:
        root: An output folder.
    """
    for lock in list(root.rglob(LOCK_FILE)):
        if [part.name for part in lock.parent.iterdir()] == [LOCK_FILE]:
            with suppress(FolderInUse), alone_in(lock.parent):
                pass  # it goes with whoever held it last
            _remove_empty(lock.parent, root)


def _forget(tracked: TrackingRecord) -> list[str]:
    uri = server_of(tracked, None)
    with asking(uri, partial(_failed, tracked, uri)) as client:
        versions = client.search_model_versions(f"run_id = '{tracked.run_id}'")
        if versions:
            named = ", ".join(f"{version.name}/{version.version}" for version in versions)
            return [f"MLflow run {tracked.run_id} is left: it is registered as {named}"]
        _quietly(partial(_delete_model, client, tracked.model_id))
        _quietly(partial(client.delete_run, tracked.run_id))
    return [f"MLflow run {tracked.run_id} is deleted; `mlflow gc` frees its store"]


def _delete_model(client: "MlflowClient", model_id: str) -> None:
    if model_id:
        client.delete_logged_model(model_id)


def _quietly(work: "partial[None]") -> None:
    """Do what may have been done before."""
    from mlflow.exceptions import MlflowException

    try:
        work()
    except MlflowException as error:
        if error.error_code != _GONE:
            raise


def _failed(tracked: TrackingRecord, uri: str, reason: str, remedy: str) -> TrackingError:
    message = f"MLflow run {tracked.run_id} of {without_user(uri)} cannot be deleted: {reason}"
    return TrackingError(message, remedy or "Check the server.")


def _empty(folder: Path) -> None:
    """Remove all in a folder but what other runs have left in it; links go, not what they name."""
    others = [other for other in folders_in(folder) if other != folder]
    inside = sorted(folder.iterdir(), key=lambda part: part.name == RECORD_FILE)
    for part in inside:
        if part.name == LOCK_FILE or any(other.is_relative_to(part) for other in others):
            continue
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part)
        else:
            part.unlink()


def _remove_sweeps(folder: Path, root: Path) -> None:
    """Remove the records of sweeps that have ended, and of which no point is left."""
    around = [place for place in _upwards(folder.parent, root.parent) if place.is_dir()]
    for file in (file for place in around for file in place.iterdir() if is_sweep(file.name)):
        sweep = read_sweep(file)
        left = sweep and any((file.parent / point.folder).exists() for point in sweep.points)
        if sweep and sweep.ended and not left:
            file.unlink()
    forget_parents(around)


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those around it, below the root, as far as they are empty."""
    for place in filter(Path.is_dir, _upwards(folder, root)):
        if any(os.scandir(place)):
            return
        place.rmdir()


def _upwards(folder: Path, root: Path) -> Iterator[Path]:
    while folder != root and folder.is_relative_to(root):
        yield folder
        folder = folder.parent
