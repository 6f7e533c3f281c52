"""``kind: hub``: a repository of the Hugging Face Hub, or of a mirror that speaks its API."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext
from runner.sources.checkpoint_folder import declared_license

_REPO = re.compile(r"[\w.-]+(/[\w.-]+)?")
_SMALL = ["*.json", "*.txt", "*.model", "*.jinja", "README.md", "LICENSE*"]
_WEIGHTS = ["*.safetensors"]
_COMMIT = re.compile(r"[0-9a-f]{40}")


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

    def check(self, folder: Path) -> Iterable[Finding]:  # noqa: ARG002
        """Find a repository name of the wrong form."""
        if not _REPO.fullmatch(self.repo) or ".." in self.repo:
            yield Finding(
                "bad-repo",
                f"`{self.repo}` is not the name of a hub repository.",
                "Write it as org/name; for a folder on this machine use `kind: local`.",
                ("repo",),
            )

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Download what the component needs, at one commit, into the hub's cache."""
        from huggingface_hub import snapshot_download

        context.progress(f"fetching {self.repo}", 0, 0)
        endpoint = os.environ.get("HF_ENDPOINT")
        with _said_plainly(self.repo, self.revision):
            commit = self._commit(endpoint)
            folder = Path(
                snapshot_download(
                    self.repo,
                    revision=commit or self.revision,
                    endpoint=endpoint,
                    allow_patterns=self._patterns(context.component),
                )
            )
        return Checkpoint(
            folder=folder,
            kind=self.kind,
            name=self.repo,
            gguf=self.file or "",
            commit=commit or folder.name,
            license=declared_license(folder),
        )

    def _patterns(self, component: str) -> list[str]:
        if component != "model":
            return _SMALL
        return [*_SMALL, self.file] if self.file else [*_SMALL, *_WEIGHTS]

    def _commit(self, endpoint: str | None) -> str:
        """Resolve the revision once; offline the cache knows what it was last time."""
        from huggingface_hub import HfApi, constants

        if _COMMIT.fullmatch(self.revision):
            return self.revision
        if constants.HF_HUB_OFFLINE:
            return ""
        return HfApi(endpoint=endpoint).model_info(self.repo, revision=self.revision).sha or ""


class _said_plainly:  # noqa: N801
    """Turn huggingface_hub's errors into verdicts; no message of ours ever holds the token."""

    def __init__(self, repo: str, revision: str) -> None:
        self._repo, self._revision = repo, revision

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if not isinstance(error, Exception):
            return
        raise self._verdict(error) from error

    def _verdict(self, error: Exception) -> SourceError:
        from huggingface_hub import errors

        repo = self._repo
        match error:
            case errors.GatedRepoError():
                return SourceError(
                    f"{repo} is gated: its owner has to grant you access",
                    f"Ask for access on the page of {repo}, then set HF_TOKEN.",
                )
            case errors.RepositoryNotFoundError():
                return SourceError(
                    f"the hub has no repository {repo}, or it is private",
                    "Check the spelling; for a private one set HF_TOKEN.",
                )
            case errors.RevisionNotFoundError():
                return SourceError(
                    f"{repo} has no revision {self._revision}", "Name a branch, tag or commit."
                )
            case errors.LocalEntryNotFoundError() | errors.OfflineModeIsEnabled():
                return SourceError(
                    f"{repo} is not in the cache and the hub cannot be reached",
                    "Unset HF_HUB_OFFLINE or mend the connection, and run again.",
                )
            case _:
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                return SourceError(
                    f"{repo} could not be fetched: {_without_token(reason)}", "Run it again later."
                )


def _without_token(text: str) -> str:
    token = os.environ.get("HF_TOKEN")
    return text.replace(token, "***") if token else text
