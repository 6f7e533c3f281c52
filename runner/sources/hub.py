"""``kind: hub``: a repository of the Hugging Face Hub, or of a mirror that speaks its API."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext
from runner.sources.checkpoint_folder import (
    check_file_name,
    check_folder,
    declared_license,
    insist,
    insist_on_weights,
)
from runner.sources.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    read_index,
)
from runner.spelling import did_you_mean

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_REPO = re.compile(r"(\w[\w.-]*/)?\w([\w.-]{0,94}\w)?", re.ASCII)
_REVISION = re.compile(r"\w[\w./+@-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PAGE = re.compile(r"https?://[^/]+/([^/]+/[^/]+)/?.*")
_SMALL = (
    "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.spm", "*.vocab", "*.bpe", "*.codes",
    "additional_chat_templates/*.jinja", "README.md", "LICENSE*",
)  # fmt: skip
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.msgpack", "*.h5")


class HubSource(Source):
    """A repository at a revision. HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are honoured.

    Args:
        kind: Always ``hub``.
        repo: ``org/name``.
        revision: Branch, tag or commit.
        file: Name of a GGUF file in it, for weights in that format.
    """

    kind: Literal["hub"]
    repo: str = Field(min_length=1)
    revision: str = Field(default="main", min_length=1)
    file: str | None = None

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

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Download what the component needs, at one commit, into the hub's cache."""
        insist(self.check(context.folder, context.component))
        fetched = self._fetch(context)
        insist(check_folder(fetched.folder, self.file, context.component))
        insist_on_weights(fetched.folder, self.file, context.component)
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

    def _fetch(self, context: SourceContext) -> "_Fetched":
        from huggingface_hub import constants

        from runner.sources.hub_verdicts import said_plainly

        with said_plainly(self.repo, self.revision):
            if constants.HF_HUB_OFFLINE:
                return self._from_cache()
            info = self._ask()
            sizes = {s.rfilename: s.size or 0 for s in info.siblings or ()}
            return self._download(str(info.sha), sizes, context)

    def _from_cache(self) -> "_Fetched":
        """Find what an earlier run fetched; the cache knows which commit a branch was then at.

        Not by ``snapshot_download``: it asks for the whole repository, of which only a part is
        wanted. Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
        """
        from huggingface_hub import constants, errors
        from huggingface_hub.file_download import repo_folder_name

        repo = repo_folder_name(repo_id=self.repo, repo_type="model")
        storage = Path(constants.HF_HUB_CACHE) / repo
        ref = storage / "refs" / self.revision
        commit = ref.read_text(encoding="utf-8") if ref.is_file() else self.revision
        folder = storage / "snapshots" / commit
        if not folder.is_dir():
            raise errors.LocalEntryNotFoundError(f"{folder} is not there")
        return _Fetched(folder, commit=commit, downloaded=0)

    def _ask(self) -> "ModelInfo":
        """Ask the hub, once, which commit the revision is at and which files it has."""
        from huggingface_hub import HfApi, constants

        return HfApi(endpoint=_endpoint()).model_info(
            self.repo,
            revision=self.revision,
            files_metadata=True,
            timeout=constants.HF_HUB_ETAG_TIMEOUT,
        )

    def _download(self, commit: str, sizes: dict[str, int], context: SourceContext) -> "_Fetched":
        from huggingface_hub import snapshot_download, try_to_load_from_cache

        from runner.sources.hub_progress import telling

        names = list(self._wanted(commit, sizes, context.component))
        absent = [
            name
            for name in names
            if not isinstance(try_to_load_from_cache(self.repo, name, revision=commit), str)
        ]
        total = sum(sizes[name] for name in absent)
        with telling(context.progress, self.repo, total):
            folder = Path(
                snapshot_download(
                    self.repo, revision=commit, endpoint=_endpoint(), allow_patterns=names
                )
            )
        if lost := [name for name in names if not (folder / name).is_file()]:
            raise SourceError(
                f"{self.repo} was not fetched whole: {lost[0]} is missing", "Run it again."
            )
        self._remember(folder, commit)
        return _Fetched(folder, commit, sum((folder / name).stat().st_size for name in absent))

    def _wanted(self, commit: str, sizes: Iterable[str], component: str) -> Iterator[str]:
        """Choose files: configuration and the like, and the weights that the component has."""
        names = sorted(sizes)
        yield from (name for name in names if _is_small(name))
        if self.file is not None:
            if self.file not in names:
                raise self._no_such_file(names)
            yield self.file
        elif component == "model":
            yield from self._weights(commit, names)
        elif component == "adapter" and ADAPTER_FILE in names:
            yield ADAPTER_FILE

    def _weights(self, commit: str, names: list[str]) -> set[str]:
        """Choose the weights as transformers does; there may be the same in other forms."""
        from huggingface_hub import hf_hub_download

        if SINGLE_FILE in names:
            return {SINGLE_FILE}
        if INDEX_FILE in names:
            index = hf_hub_download(self.repo, INDEX_FILE, revision=commit, endpoint=_endpoint())
            return set(read_index(Path(index)).values()) & set(names)
        raise self._no_safetensors(names)

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
        if pickles := [name for name in names if any(fnmatch(name, p) for p in _PICKLES)]:
            return SourceError(
                f"{self.repo} has no safetensors, only {pickles[0]}: pickle checkpoints are not "
                "loaded, because reading one can run code",
                "Take a revision or a repository with safetensors, or convert it in a safe place "
                "and use `kind: local`.",
            )
        return SourceError(f"{self.repo} holds no weights", "Check the repository's name.")

    def _remember(self, folder: Path, commit: str) -> None:
        """Note in the cache where the revision was, as huggingface_hub does, for offline runs.

        Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache, "refs".
        """
        if not _COMMIT.fullmatch(self.revision):
            ref = folder.parent.parent / "refs" / self.revision
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(commit, encoding="utf-8")


@dataclass(frozen=True)
class _Fetched:
    folder: Path
    commit: str
    downloaded: int


def _is_small(name: str) -> bool:
    return any(fnmatch(name, p) and name.count("/") == p.count("/") for p in _SMALL)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None
