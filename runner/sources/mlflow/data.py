"""Rows that lie in MLflow: an artifact, or the source of a dataset that a run logged."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from runner.errors import SourceError
from runner.files.cached import cache_folder
from runner.files.disk import failing_as_storage
from runner.files.temporary import temporary_folder
from runner.findings import Finding
from runner.stores import asking, failing_as
from runner.text.secrets import without_user
from runner.text.spelling import did_you_mean

if TYPE_CHECKING:
    from mlflow import MlflowClient

_RUN = "runs:/"


class MlflowData(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """An artifact, or the source of a logged dataset; it is fetched for each run.

    Args:
        kind: Always ``mlflow``.
        uri: ``runs:/run/path``, ``models:/name/version/path`` or another artifact URI of a file or
            folder; with ``dataset``, ``runs:/run``.
        dataset: Name of a dataset that the run has as an input, whose source is a file.
    """

    kind: Literal["mlflow"]
    uri: str = Field(min_length=1)
    dataset: str | None = Field(default=None, min_length=1)

    @property
    def name(self) -> str:
        """What it is called."""
        return without_user(self.uri) + (f" {self.dataset}" if self.dataset else "")

    @property
    def file_name(self) -> str:
        """The name of its file, whose suffix says the format; empty where only MLflow knows it."""
        return "" if self.dataset else Path(self.uri).name

    def check(self) -> Iterable[Finding]:
        """Find a URI of the wrong form; what it names only MLflow knows."""
        parts = self.uri.removeprefix(_RUN).split("/")
        if self.dataset and not (self.uri.startswith(_RUN) and len(parts) == 1 and parts[0]):
            message = f"`{self.uri}` is no run, and a run is what has a logged dataset."
            yield Finding("bad-dataset", message, "Write runs:/ and the run's id.", ("uri",))
        elif not self.dataset and ":/" not in self.uri:
            message = f"`{self.uri}` is no URI of an artifact."
            remedy = "Write runs:/run/path; a file on this machine is the `path` itself."
            yield Finding("bad-dataset", message, remedy, ("uri",))

    def at_hand(self, tracking_uri: str | None) -> tuple[Path, ...]:
        """Give what was fetched of it last: one file, or one folder.

        Args:
            tracking_uri: Tracking URI of the server that knows it.
        """
        folder = self._folder(tracking_uri)
        return tuple(folder.iterdir()) if folder.is_dir() else ()

    def fetch(self, tracking_uri: str | None) -> None:
        """Bring it into the cache, in place of what was there.

        Args:
            tracking_uri: Tracking URI of the server that knows it.

        Raises:
            SourceError: It cannot be had.
            StorageError: The cache could not be written.
        """
        into = self._folder(tracking_uri)
        with (
            failing_as_storage(into),
            temporary_folder("data", into.parent / "temporary") as workdir,
        ):
            found = self._fetched(workdir, tracking_uri)
            (staged := workdir / "staged").mkdir()
            copy = shutil.copytree if found.is_dir() else shutil.copyfile
            copy(found, staged / found.name)
            shutil.rmtree(into, ignore_errors=True)
            staged.replace(into)

    def _fetched(self, workdir: Path, tracking_uri: str | None) -> Path:
        from mlflow.artifacts import download_artifacts

        failed = partial(_unfetched, self.name)
        if not self.dataset:
            with failing_as(failed, self.uri):
                told = {"dst_path": str(workdir), "tracking_uri": tracking_uri}
                return Path(download_artifacts(artifact_uri=self.uri, **told))
        with asking(tracking_uri, failed) as client:
            source = self._source(client, self.dataset)
            return Path(source.load(str(workdir)))

    def _source(self, client: "MlflowClient", name: str) -> Any:
        """Give the source of the logged dataset: one that is a file, fetched without a table."""
        from mlflow.data import get_source
        from mlflow.data.filesystem_dataset_source import FileSystemDatasetSource
        from mlflow.data.http_dataset_source import HTTPDatasetSource

        run = client.get_run(self.uri.removeprefix(_RUN))
        inputs = run.inputs.dataset_inputs if run.inputs else []
        logged = {one.dataset.name: one.dataset for one in inputs}
        if name not in logged:
            remedy = did_you_mean(name, list(logged)) or f"It has {', '.join(logged) or 'none'}."
            raise SourceError(f"{self.uri} has no dataset {name}", remedy)
        source = get_source(logged[name])
        if not isinstance(source, FileSystemDatasetSource | HTTPDatasetSource):
            message = f"{name} of {self.uri} comes from no file: {logged[name].source_type}"
            raise SourceError(message, "Log one that does, or name its file as `path`.")
        return source

    def _folder(self, tracking_uri: str | None) -> Path:
        told = repr((self.uri, self.dataset, tracking_uri, os.getcwd()))
        key = hashlib.sha256(told.encode()).hexdigest()[:32]
        return cache_folder("data") / key


def _unfetched(name: str, reason: str, remedy: str) -> SourceError:
    return SourceError(
        f"{name} cannot be fetched: {reason}", remedy or "Check its URI, the server and its store."
    )
