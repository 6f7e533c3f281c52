"""What a hub says a repository holds, asked once: the commit, its files, their sizes and hashes."""

import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from runner.errors import SourceError, raise_if_ours
from runner.sources.checkpoint.inside import is_inside
from runner.sources.hub.retries import patiently
from runner.text.spelling import did_you_mean, one_of

if TYPE_CHECKING:
    from huggingface_hub.hf_api import DatasetInfo, ModelInfo, RepoSibling

Kind = Literal["model", "dataset"]
COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST = 8


@dataclass(frozen=True)
class ListedFile:
    """A file as the hub lists it.

    Args:
        name: Path in the repository.
        size: Bytes; nothing where the hub does not say.
        sha256: Hash of its content, for files in LFS; else empty.
        blob: Git's hash of its content, for files in git; else empty.
    """

    name: str
    size: int | None
    sha256: str = ""
    blob: str = ""

    @property
    def etag(self) -> str:
        """The name of its content in the hub's cache; empty where the hub gives no hash."""
        return self.sha256 or self.blob


@dataclass(frozen=True)
class Listing:
    """The files of a repository at one commit, by name."""

    commit: str
    files: dict[str, ListedFile]


def endpoint() -> str | None:
    """Give the server HF_ENDPOINT names, without a slash at its end."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def list_files(repo: str, revision: str, kind: Kind = "model") -> Listing:
    """Ask the hub, once, which commit a revision is at and which files it has.

    Args:
        repo: ``org/name``.
        revision: Branch, tag or commit.
        kind: What the repository holds.

    Returns:
        The commit and its files.

    Raises:
        SourceError: There is no such revision, what answered is no hub, or it lists a file that
            would lie outside the repository.
        Exception: What huggingface_hub raises for anything else.
    """
    from huggingface_hub import errors

    try:
        info = patiently(partial(_ask, repo, revision, kind))
    except errors.RevisionNotFoundError as error:
        raise _no_such_revision(repo, revision, kind) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _no_hub(repo) from error
    commit = str(info.sha)
    if not COMMIT.fullmatch(commit):
        raise _no_hub(repo)
    listed = [_listed(sibling) for sibling in info.siblings or ()]
    if outside := [file.name for file in listed if not is_inside(file.name)]:
        raise SourceError(
            f"{repo} lists a file {outside[0]!r}, which leads out of the repository",
            "Nothing of it was fetched. Do not use it, and tell those who run the hub.",
        )
    return Listing(commit, {file.name: file for file in listed})


def _ask(repo: str, revision: str, kind: Kind) -> "ModelInfo | DatasetInfo":
    from huggingface_hub import HfApi, constants

    api = HfApi(endpoint=endpoint())
    ask = api.model_info if kind == "model" else api.dataset_info
    return ask(repo, revision=revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT)


def _listed(sibling: "RepoSibling") -> ListedFile:
    if sibling.lfs is not None:
        sha256 = sibling.lfs.sha256 if _SHA256.fullmatch(str(sibling.lfs.sha256)) else ""
        return ListedFile(sibling.rfilename, sibling.size, sha256=sha256)
    blob = sibling.blob_id or ""
    blob = blob if COMMIT.fullmatch(blob) else ""
    return ListedFile(sibling.rfilename, sibling.size, blob=blob)


def _no_such_revision(repo: str, revision: str, kind: Kind) -> SourceError:
    names = _refs(repo, kind)
    remedy = did_you_mean(revision, names)
    if not remedy and 0 < len(names) <= _MOST:
        remedy = f"It has {one_of(names)}."
    page = f"{repo}/commits" if names else repo
    return SourceError(
        f"{repo} has no revision {revision}",
        remedy or f"Name a branch, tag or commit that the hub's page {page} lists.",
    )


def _refs(repo: str, kind: Kind) -> list[str]:
    """Give the branches and tags; none where the hub, having said no once, gives none now."""
    from huggingface_hub import HfApi

    try:
        refs = HfApi(endpoint=endpoint()).list_repo_refs(repo, repo_type=kind)
        return sorted({ref.name for ref in (*refs.branches, *refs.tags)})
    except Exception as error:
        raise_if_ours(error)
        return []


def _no_hub(repo: str) -> SourceError:
    from runner.sources.hub.verdicts import host

    return SourceError(
        f"{host()} does not answer as a hub does when asked for {repo}",
        "Check HF_ENDPOINT, and whether a proxy or a sign-in page answers in its place.",
    )
