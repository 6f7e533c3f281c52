"""Rows that lie in a dataset repository of the hub."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.checkpoint.inside import is_inside
from runner.sources.hub.listing import endpoint
from runner.sources.hub.progress import quiet_client
from runner.sources.hub.retries import patiently
from runner.sources.hub.source import check_repo

_TYPE = "dataset"


class HubData(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """A file of a dataset repository at a revision, kept in the hub's cache.

    Args:
        kind: Always ``hub``.
        repo: ``org/name``, without ``datasets/``.
        revision: Branch, tag or commit. A lock has the hash of the file, whatever the revision.
        path: The file in it, such as ``data/test.parquet``.
    """

    kind: Literal["hub"]
    repo: str = Field(min_length=1)
    revision: str = Field(default="main", min_length=1)
    path: str = Field(min_length=1)

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.repo}@{self.revision}/{self.path}"

    @property
    def file_name(self) -> str:
        """The name of its file, whose suffix says the format."""
        return Path(self.path).name

    def check(self) -> Iterable[Finding]:
        """Find names of the wrong form; whether they exist only the hub knows."""
        yield from check_repo(self.repo, self.revision)
        if not is_inside(self.path):
            message = f"`{self.path}` is no file of a repository."
            yield Finding("bad-dataset", message, "Write it as folder/file.parquet.", ("path",))

    def at_hand(self, tracking_uri: str | None) -> Path | None:
        """Give the file in the cache, at the commit where the revision was when it was fetched.

        Args:
            tracking_uri: Nothing to the hub.
        """
        from huggingface_hub import try_to_load_from_cache

        if any(self.check()):
            return None
        found = try_to_load_from_cache(
            self.repo, self.path, revision=self.revision, repo_type=_TYPE
        )
        return Path(found) if isinstance(found, str) else None

    def fetch(self, tracking_uri: str | None) -> None:
        """Bring the file into the cache; of a branch or tag the hub is asked where it is now.

        Args:
            tracking_uri: Nothing to the hub.

        Raises:
            SourceError: It cannot be had.
            StorageError: The cache could not be written.
        """
        from huggingface_hub import errors, hf_hub_download

        from runner.sources.hub.verdicts import said_plainly

        get = partial(hf_hub_download, self.repo, self.path, repo_type=_TYPE, endpoint=endpoint())
        with said_plainly(f"datasets/{self.repo}", self.revision), quiet_client():
            try:
                patiently(partial(get, revision=self.revision))
            except errors.LocalEntryNotFoundError:  # the hub was not asked, or not reached
                raise
            except errors.EntryNotFoundError as error:
                raise self._lacking(f"no file {self.path} at {self.revision}") from error
            except errors.RevisionNotFoundError as error:
                raise self._lacking(f"no revision {self.revision}") from error

    def _lacking(self, what: str) -> SourceError:
        message = f"The dataset {self.repo} has {what}"
        return SourceError(message, "Look at what its page on the hub lists.")
