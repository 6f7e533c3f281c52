"""``kind: hub``: a repository of the Hugging Face Hub, or of a mirror that speaks its API."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.base import (
    Checkpoint,
    CheckpointFile,
    Location,
    Source,
    SourceContext,
    Survey,
)
from runner.sources.checkpoint.files import is_code, is_small, needed_files
from runner.sources.checkpoint.folder import (
    check_file_name,
    check_folder,
    declared_license,
    insist,
)
from runner.sources.checkpoint.inside import is_inside
from runner.sources.checkpoint.pickles import with_safetensors
from runner.sources.facts import Stay
from runner.sources.hub.choice import WEIGHTS, chosen
from runner.sources.hub.download import Fetched, fetch, is_there
from runner.sources.hub.listing import COMMIT, ListedFile, Listing, list_files
from runner.sources.hub.progress import quiet_client
from runner.upstream.hub_api import cached_repo

_REPO = re.compile(r"(\w[\w.-]*/)?\w([\w.-]{0,94}\w)?", re.ASCII)
_REVISION = re.compile(r"\w[\w./+@-]*", re.ASCII)
_PAGE = re.compile(r"https?://[^/]+/([^/]+/[^/]+)/?.*")


class HubSource(Source, frozen=True):
    """A repository at a revision. HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are honoured.

    Args:
        kind: Always ``hub``.
        repo: ``org/name``.
        revision: Branch, tag or commit.
        file: Name of a GGUF file in it, for weights in that format.
        patterns: Further files to fetch, beside configuration, tokenizer and weights: names such as
            ``dictionaries/*.dat``; ``*`` stands for anything, slashes too. Never weights.
    """

    name_field = "repo"
    state_field = "revision"
    gguf_field = "file"
    example = {"kind": "hub", "repo": "org/model", "revision": "main"}
    stay = Stay.IN_A_REPOSITORY
    asks_hub = True

    kind: Literal["hub"]
    repo: str = Field(min_length=1)
    revision: str = Field(default="main", min_length=1)
    file: str | None = None
    patterns: list[str] = Field(default_factory=list)

    @classmethod
    def of(cls, repo: str, revision: str) -> Self:
        """Give the source that is a repository at a revision.

        Args:
            repo: ``org/name``.
            revision: Branch, tag or commit.
        """
        return cls(kind="hub", repo=repo, revision=revision)

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:
        """Find names of the wrong form; whether they exist only the hub knows."""
        yield from check_repo(self.repo, self.revision)
        if self.file is not None:
            yield from check_file_name(self.file)
        for number, pattern in enumerate(self.patterns):
            loc = ("patterns", number)
            if not is_inside(pattern):
                message = f"`{pattern}` cannot match a file of a repository."
                yield Finding("bad-pattern", message, "Write it as folder/*.dat.", loc)
            elif pattern.casefold().endswith(WEIGHTS):
                message = f"`{pattern}` asks for weights, which a run chooses itself."
                yield Finding("bad-pattern", message, "Leave it out.", loc)

    def check_code(self) -> Iterable[Finding]:
        """Find a branch or tag: it may bring other code tomorrow than was read today."""
        if not COMMIT.fullmatch(self.revision):
            message = (
                f"`trust_remote_code: true` with revision {self.revision} would run any later code."
            )
            remedy = "Read the code, and pin `revision` to its commit, 40 hexadecimal digits."
            yield Finding("unpinned-code", message, remedy, ("revision",))

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Download what the component needs, at one commit, into the hub's cache, and check it."""
        insist(self.check(context.folder, context.component))
        return self._whole(self._fetch(context), context)

    def at_hand(self, context: SourceContext) -> Checkpoint:
        """Take what an earlier run has fetched, at the commit where the revision then was."""
        folder = self._cached()
        if not folder.is_dir():
            raise SourceError(f"{self.repo} at {self.revision} is not in the hub's cache")
        return self._whole(Fetched(folder, commit=folder.name, downloaded=0), context)

    def survey(self, context: SourceContext) -> Survey:
        """Download what is small, at one commit; of the weights learn what the hub says."""
        from huggingface_hub import constants

        from runner.sources.hub.verdicts import said_plainly

        insist(self.check(context.folder, context.component))
        with said_plainly(self.repo, self.revision), quiet_client():
            if constants.HF_HUB_OFFLINE:
                fetched = self._from_cache()
                files = needed_files(fetched.folder, self.gguf, context)
                return Survey(self._checkpoint(fetched), files)
            listing = list_files(self.repo, self.revision)
            listed = self._wanted(listing, context)
            small = [file for file in listed if is_small(file.name) or is_code(file.name)]
            fetched = fetch(self.repo, listing.commit, small, context.progress)
            self._remember(fetched)
        known = (
            CheckpointFile(
                file.name, file.size or 0, file.sha256, is_there(fetched.folder / file.name, file)
            )
            for file in listed
        )
        return Survey(self._checkpoint(fetched), tuple(sorted(known, key=lambda file: file.name)))

    def locate(self, context: SourceContext) -> Location:
        """Ask the hub which commit the revision is at, and what that holds; fetch nothing."""
        from huggingface_hub import constants

        from runner.sources.hub.verdicts import said_plainly

        insist(self.check(context.folder, context.component))
        if constants.HF_HUB_OFFLINE:
            return Location(self.repo, asked=False)
        with said_plainly(self.repo, self.revision), quiet_client():
            listing = list_files(self.repo, self.revision)
        listed = sorted(listing.files.values(), key=lambda file: file.name)
        files = tuple(CheckpointFile(f.name, f.size or 0, f.sha256, here=False) for f in listed)
        return Location(self.repo, listing.commit, files=files)

    def present_state(self, context: SourceContext) -> str | None:
        """Give the commit; of a branch or tag the hub is asked, or without one its cache."""
        if COMMIT.fullmatch(self.revision):
            return self.revision
        location = self.locate(context)
        return location.commit if location.asked else self._cached().name

    def at(self, commit: str) -> Self:
        """Give the repository at a commit."""
        return self.model_copy(update={"revision": commit})

    def tokenizer_folder(self, folder: Path) -> Path | None:
        """Give the folder of its revision in the hub's cache, if an earlier run has fetched it."""
        cached = self._cached()
        return cached if cached.is_dir() else None

    def _whole(self, fetched: Fetched, context: SourceContext) -> Checkpoint:
        insist(check_folder(fetched.folder, self.file, context.component))
        folder = with_safetensors(fetched.folder, self.file, context)
        return replace(self._checkpoint(fetched), folder=folder)

    def _checkpoint(self, fetched: Fetched) -> Checkpoint:
        return Checkpoint(
            folder=fetched.folder,
            kind=self.kind,
            name=f"{self.repo}@{fetched.commit[:12]}",
            gguf=self.gguf,
            commit=fetched.commit,
            repo=self.repo,
            license=declared_license(fetched.folder),
            downloaded=fetched.downloaded,
        )

    def _fetch(self, context: SourceContext) -> Fetched:
        from huggingface_hub import constants

        from runner.sources.hub.verdicts import said_plainly

        with said_plainly(self.repo, self.revision), quiet_client():
            if constants.HF_HUB_OFFLINE:
                return self._from_cache()
            listing = list_files(self.repo, self.revision)
            wanted = self._wanted(listing, context)
            fetched = fetch(self.repo, listing.commit, wanted, context.progress)
            self._remember(fetched)
            return fetched

    def _from_cache(self) -> Fetched:
        """Find what an earlier run fetched; the cache knows which commit a branch was then at.

        Not by ``snapshot_download``: it asks for the whole repository, of which only a part is
        wanted. Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
        """
        from huggingface_hub import errors

        folder = self._cached()
        if not folder.is_dir():
            raise errors.LocalEntryNotFoundError(f"{folder} is not there")
        return Fetched(folder, commit=folder.name, downloaded=0)

    def _cached(self) -> Path:
        storage = cached_repo(self.repo)
        ref = storage / "refs" / self.revision
        commit = ref.read_text(encoding="utf-8") if ref.is_file() else self.revision
        return storage / "snapshots" / commit

    def _wanted(self, listing: Listing, context: SourceContext) -> list[ListedFile]:
        names = chosen(self.repo, listing, context, self.gguf, self.patterns)
        return [listing.files[name] for name in names]

    def _remember(self, fetched: Fetched) -> None:
        """Note in the cache where the revision was, as huggingface_hub does, for offline runs.

        Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache, "refs".
        """
        if not COMMIT.fullmatch(self.revision):
            ref = fetched.folder.parent.parent / "refs" / self.revision
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(fetched.commit, encoding="utf-8")


def check_repo(repo: str, revision: str) -> Iterable[Finding]:
    """Find names of the wrong form; whether they exist only the hub knows.

    Args:
        repo: ``org/name``.
        revision: Branch, tag or commit.
    """
    page = _PAGE.fullmatch(repo)
    if not _REPO.fullmatch(repo) or any(s in repo for s in ("--", "..")):
        remedy = (
            f"Write `{page[1]}`; another server than huggingface.co is named by HF_ENDPOINT."
            if page
            else "Write it as org/name; for a folder on this machine use `kind: local`."
        )
        message = f"`{repo}` is not the name of a hub repository."
        yield Finding("bad-repo", message, remedy, ("repo",))
    if not _REVISION.fullmatch(revision) or ".." in revision:
        message = f"`{revision}` is not the name of a revision."
        yield Finding("bad-revision", message, "Name a branch, tag or commit.", ("revision",))
