"""``kind: hub``: a repository of the Hugging Face Hub, or of a mirror that speaks its API."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

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
from runner.sources.checkpoint.pickles import ADAPTER_PICKLE, PICKLE, PICKLE_INDEX, with_safetensors
from runner.sources.checkpoint.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    read_index,
)
from runner.sources.hub.download import Fetched, fetch, fetch_file, is_there, storage_of
from runner.sources.hub.listing import COMMIT, Listing, list_files
from runner.sources.hub.progress import quiet_client
from runner.spelling import did_you_mean

_REPO = re.compile(r"(\w[\w.-]*/)?\w([\w.-]{0,94}\w)?", re.ASCII)
_REVISION = re.compile(r"\w[\w./+@-]*", re.ASCII)
_PAGE = re.compile(r"https?://[^/]+/([^/]+/[^/]+)/?.*")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5")
_WEIGHTS = (".safetensors", ".gguf", ".onnx", *_PICKLES)


class HubSource(Source):
    """A repository at a revision. HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are honoured.

    Args:
        kind: Always ``hub``.
        repo: ``org/name``.
        revision: Branch, tag or commit.
        file: Name of a GGUF file in it, for weights in that format.
        patterns: Further files to fetch, beside configuration, tokenizer and weights: names such as
            ``dictionaries/*.dat``; ``*`` stands for anything, slashes too. Never weights.
    """

    kind: Literal["hub"]
    repo: str = Field(min_length=1)
    revision: str = Field(default="main", min_length=1)
    file: str | None = None
    patterns: list[str] = Field(default_factory=list)

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:  # noqa: ARG002
        """Find names of the wrong form; whether they exist only the hub knows."""
        page = _PAGE.fullmatch(self.repo)
        if not _REPO.fullmatch(self.repo) or any(s in self.repo for s in ("--", "..")):
            remedy = (
                f"Write `{page[1]}`; another server than huggingface.co is named by HF_ENDPOINT."
                if page
                else "Write it as org/name; for a folder on this machine use `kind: local`."
            )
            message = f"`{self.repo}` is not the name of a hub repository."
            yield Finding("bad-repo", message, remedy, ("repo",))
        if not _REVISION.fullmatch(self.revision) or ".." in self.revision:
            message = f"`{self.revision}` is not the name of a revision."
            yield Finding("bad-revision", message, "Name a branch, tag or commit.", ("revision",))
        if self.file is not None:
            yield from check_file_name(self.file)
        for number, pattern in enumerate(self.patterns):
            loc = ("patterns", number)
            if not is_inside(pattern):
                message = f"`{pattern}` cannot match a file of a repository."
                yield Finding("bad-pattern", message, "Write it as folder/*.dat.", loc)
            elif pattern.casefold().endswith(_WEIGHTS):
                message = f"`{pattern}` asks for weights, which a run chooses itself."
                yield Finding("bad-pattern", message, "Leave it out.", loc)

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Download what the component needs, at one commit, into the hub's cache, and check it."""
        insist(self.check(context.folder, context.component))
        fetched = self._fetch(context)
        insist(check_folder(fetched.folder, self.file, context.component))
        folder = with_safetensors(fetched.folder, self.file, context)
        return replace(self._checkpoint(fetched), folder=folder)

    def survey(self, context: SourceContext) -> Survey:
        """Download what is small, at one commit; of the weights learn what the hub says."""
        from huggingface_hub import constants

        from runner.sources.hub.verdicts import said_plainly

        insist(self.check(context.folder, context.component))
        with said_plainly(self.repo, self.revision), quiet_client():
            if constants.HF_HUB_OFFLINE:
                fetched = self._from_cache()
                files = needed_files(fetched.folder, self.file or "", context)
                return Survey(self._checkpoint(fetched), files)
            listing = list_files(self.repo, self.revision)
            listed = [listing.files[name] for name in self._wanted(listing, context)]
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

    def at(self, commit: str) -> "HubSource":
        """Give the repository at a commit."""
        return self.model_copy(update={"revision": commit})

    def _checkpoint(self, fetched: Fetched) -> Checkpoint:
        return Checkpoint(
            folder=fetched.folder,
            kind=self.kind,
            name=f"{self.repo}@{fetched.commit[:12]}",
            gguf=self.file or "",
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
            names = self._wanted(listing, context)
            files = [listing.files[name] for name in names]
            fetched = fetch(self.repo, listing.commit, files, context.progress)
            self._remember(fetched)
            return fetched

    def _from_cache(self) -> Fetched:
        """Find what an earlier run fetched; the cache knows which commit a branch was then at.

        Not by ``snapshot_download``: it asks for the whole repository, of which only a part is
        wanted. Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
        """
        from huggingface_hub import errors

        storage = storage_of(self.repo)
        ref = storage / "refs" / self.revision
        commit = ref.read_text(encoding="utf-8") if ref.is_file() else self.revision
        folder = storage / "snapshots" / commit
        if not folder.is_dir():
            raise errors.LocalEntryNotFoundError(f"{folder} is not there")
        return Fetched(folder, commit=commit, downloaded=0)

    def _wanted(self, listing: Listing, context: SourceContext) -> Iterator[str]:
        """Choose files: configuration and the like, and the weights that the component has."""
        names = sorted(listing.files)
        yield from (name for name in names if is_small(name))
        if context.trust_remote_code:
            yield from (name for name in names if is_code(name))
        yield from self._further(names)
        if self.file is not None:
            if self.file not in names:
                raise self._no_such_file(names)
            yield self.file
        elif not context.weights:
            return
        elif context.component == "model":
            yield from self._weights(listing, context.allow_pickle)
        elif context.component == "adapter":
            forms = [ADAPTER_FILE, *([ADAPTER_PICKLE] if context.allow_pickle else [])]
            yield from [name for name in forms if name in names][:1]

    def _further(self, names: list[str]) -> Iterator[str]:
        """Choose what the recipe asks for beside; each name once, and never weights."""
        others = [n for n in names if not is_small(n) and not n.casefold().endswith(_WEIGHTS)]
        matched: set[str] = set()
        for pattern in self.patterns:
            found = {name for name in names if fnmatchcase(name, pattern)}
            if not found:
                raise SourceError(
                    f"{self.repo} has no file that matches {pattern}",
                    did_you_mean(pattern, others) or "Look at what the repository holds.",
                )
            matched |= found.intersection(others)
        yield from sorted(matched)

    def _weights(self, listing: Listing, allow_pickle: bool) -> list[str]:  # noqa: FBT001
        """Choose the weights as transformers does; there may be the same in other forms."""
        forms = [(SINGLE_FILE, INDEX_FILE), *([(PICKLE, PICKLE_INDEX)] if allow_pickle else [])]
        for single, index in forms:
            if single in listing.files:
                return [single]
            if index in listing.files:
                return self._shards(listing, index)
        raise self._no_safetensors(sorted(listing.files))

    def _shards(self, listing: Listing, name: str) -> list[str]:
        index = fetch_file(self.repo, listing.commit, listing.files[name])
        shards = sorted(set(read_index(index).values()))
        if lost := [shard for shard in shards if shard not in listing.files]:
            raise SourceError(
                f"{lost[0]} is missing from {self.repo}, though {name} lists it",
                "Take a revision that is whole, or tell the repository's owner.",
            )
        return shards

    def _no_such_file(self, names: list[str]) -> SourceError:
        ggufs = [name for name in names if name.casefold().endswith(".gguf")]
        remedy = did_you_mean(self.file or "", ggufs) or (
            f"It holds {', '.join(ggufs)}." if ggufs else "It holds no GGUF file."
        )
        return SourceError(f"{self.repo} has no file {self.file}", remedy)

    def _no_safetensors(self, names: list[str]) -> SourceError:
        if ggufs := [name for name in names if name.casefold().endswith(".gguf")]:
            return SourceError(
                f"{self.repo} has no safetensors, but GGUF files",
                f"Add `file` to the source, one of {', '.join(ggufs)}.",
            )
        if pickles := [name for name in names if name.casefold().endswith(_PICKLES)]:
            return SourceError(
                f"{self.repo} has no safetensors, only {pickles[0]}: pickle checkpoints are not "
                "loaded, because reading one can run code",
                "Take a revision with safetensors; or write `allow_pickle: true`, and its tensors "
                "alone are read.",
            )
        return SourceError(f"{self.repo} holds no weights", "Check the repository's name.")

    def _remember(self, fetched: Fetched) -> None:
        """Note in the cache where the revision was, as huggingface_hub does, for offline runs.

        Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache, "refs".
        """
        if not COMMIT.fullmatch(self.revision):
            ref = fetched.folder.parent.parent / "refs" / self.revision
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(fetched.commit, encoding="utf-8")
