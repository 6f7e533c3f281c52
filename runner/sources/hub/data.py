"""Rows that lie in a dataset repository of the hub."""

import hashlib
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from runner.errors import SourceError
from runner.files.cached import cache_folder
from runner.files.disk import failing_as_storage, write_whole
from runner.files.patterns import is_pattern, named_like
from runner.findings import Finding
from runner.sources.checkpoint.inside import is_inside
from runner.sources.hub.listing import COMMIT, Kind, endpoint, list_files
from runner.sources.hub.progress import quiet_client
from runner.sources.hub.retries import patiently
from runner.sources.hub.source import check_repo

_TYPE: Kind = "dataset"
_NOTED = TypeAdapter(tuple[str, list[str]])


class HubData(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """Files of a dataset repository at a revision, kept in the hub's cache.

    Args:
        kind: Always ``hub``.
        repo: ``org/name``, without ``datasets/``.
        revision: Branch, tag or commit. A lock has the hash of each file, whatever the
            revision.
        path: The file in it, such as ``data/test.parquet``; or ``data/test-*.parquet`` for several,
            whose rows come in the order of their names.
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

    def at_hand(self, tracking_uri: str | None) -> tuple[Path, ...]:
        """Give the files in the cache, of the commit where the revision was when all were fetched.

        Args:
            tracking_uri: Nothing to the hub.
        """
        from huggingface_hub import try_to_load_from_cache

        if any(self.check()):
            return ()
        commit, names = self._known()
        held = partial(try_to_load_from_cache, self.repo, repo_type=_TYPE, revision=commit)
        found = [path for name in names if isinstance(path := held(name), str)]
        return tuple(map(Path, found)) if len(found) == len(names) else ()

    def fetch(self, tracking_uri: str | None) -> None:
        """Bring the files into the cache; of a branch or tag the hub is asked where it is now.

        Args:
            tracking_uri: Nothing to the hub.

        Raises:
            SourceError: It cannot be had.
            StorageError: The cache could not be written.
        """
        from runner.sources.hub.verdicts import said_plainly

        with said_plainly(f"datasets/{self.repo}", self.revision), quiet_client():
            if is_pattern(self.path):
                self._fetch_several()
            else:
                self._fetch_one()

    def _fetch_one(self) -> None:
        from huggingface_hub import errors

        try:
            self._get(self.path, self.revision)
        except errors.LocalEntryNotFoundError:  # the hub was not asked, or not reached
            raise
        except errors.EntryNotFoundError as error:
            raise self._lacking(f"no file {self.path} at {self.revision}") from error
        except errors.RevisionNotFoundError as error:
            raise self._lacking(f"no revision {self.revision}") from error

    def _fetch_several(self) -> None:
        """Fetch what the hub lists of the pattern, and note it once all of it is here."""
        from huggingface_hub import constants, errors

        if constants.HF_HUB_OFFLINE or COMMIT.fullmatch(self.revision):
            if self.at_hand(None):
                return
            if constants.HF_HUB_OFFLINE:
                raise errors.LocalEntryNotFoundError(f"{self.name} is not whole in the cache")
        listing = list_files(self.repo, self.revision, _TYPE)
        names = named_like(listing.files, self.path)
        if not names:
            raise self._lacking(f"no file like {self.path} at {self.revision}")
        for name in names:
            self._get(name, listing.commit)
        with failing_as_storage(self._note.parent):
            self._note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._note, json.dumps([listing.commit, names]))

    def _get(self, name: str, revision: str) -> None:
        from huggingface_hub import hf_hub_download

        told = {"revision": revision, "repo_type": _TYPE, "endpoint": endpoint()}
        patiently(partial(hf_hub_download, self.repo, name, **told))

    def _known(self) -> tuple[str, list[str]]:
        """Give the commit, or the revision, and the files that the path names there."""
        if not is_pattern(self.path):
            return self.revision, [self.path]
        try:
            return _NOTED.validate_json(self._note.read_bytes())
        except (OSError, ValidationError):  # not fetched yet, or no note any more
            return self.revision, []

    @property
    def _note(self) -> Path:
        """The file that says which files a pattern named when all of them had been fetched."""
        key = hashlib.sha256(repr((self.repo, self.revision, self.path)).encode()).hexdigest()[:32]
        return cache_folder("data") / f"{key}.json"

    def _lacking(self, what: str) -> SourceError:
        message = f"The dataset {self.repo} has {what}"
        return SourceError(message, "Look at what its page on the hub lists.")
