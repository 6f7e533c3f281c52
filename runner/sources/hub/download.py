"""Bring the listed files of one commit into the hub's cache, whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runner.errors import SourceError, StorageError
from runner.sources.base import Progress
from runner.sources.checkpoint.files import sha256_of
from runner.sources.hub.listing import ListedFile, endpoint
from runner.sources.hub.progress import telling
from runner.sources.hub.retries import patiently
from runner.upstream.hub_api import cached_repo

_AT_ONCE = 8


@dataclass(frozen=True)
class Fetched:
    """A repository in the cache.

    Args:
        folder: The folder of its commit.
        commit: The commit.
        downloaded: Bytes that were fetched for it.
    """

    folder: Path
    commit: str
    downloaded: int


def fetch(repo: str, commit: str, files: Iterable[ListedFile], progress: Progress) -> Fetched:
    """Fetch the files that the cache lacks, several at once, and check what has come.

    Args:
        repo: ``org/name``.
        commit: The commit.
        files: Its files that are wanted.
        progress: Told of the bytes that arrive.

    Returns:
        The commit's folder.

    Raises:
        SourceError: A file is not what the hub lists, twice.
        StorageError: There is too little room.
        Exception: What huggingface_hub raises for anything else.
    """
    folder = cached_repo(repo) / "snapshots" / commit
    absent = [file for file in files if not is_there(folder / file.name, file)]
    total = sum((file.size or 0) - _partial_size(repo, file) for file in absent)
    _insist_on_room(cached_repo(repo), total)
    with telling(progress, repo, total):
        _fetch_all(repo, commit, absent)
    return Fetched(folder, commit, sum((folder / file.name).stat().st_size for file in absent))


def fetch_file(repo: str, commit: str, file: ListedFile) -> Path:
    """Fetch one file; one that is not what the hub lists is removed and fetched once more.

    Args:
        repo: ``org/name``.
        commit: The commit.
        file: The file.

    Returns:
        Its path in the cache.

    Raises:
        SourceError: It was wrong both times; nothing of it is kept.
        Exception: What huggingface_hub raises where it cannot be had.
    """
    from runner.sources.hub.verdicts import host

    wrong = ""
    for _ in range(2):
        path = patiently(partial(_get, repo, commit, file), partial(_partial_size, repo, file))
        wrong = _difference(path, file)
        if not wrong:
            return path
        _remove(path)
    raise SourceError(
        f"{file.name} of {repo} came from {host()} other than listed, twice: {wrong}",
        "Nothing of it was kept. Check HF_ENDPOINT and proxies on the way, then run it again.",
    )


def is_there(path: Path, file: ListedFile) -> bool:
    """Look for a file in the cache, and throw away one that something has cut short since.

    Args:
        path: Where it would be.
        file: The file, as the hub lists it.
    """
    if not path.is_file():
        return False
    if file.size is None or path.stat().st_size == file.size:
        return True
    _remove(path)
    return False


def _fetch_all(repo: str, commit: str, files: list[ListedFile]) -> None:
    from concurrent.futures import ThreadPoolExecutor, as_completed

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        started = [pool.submit(fetch_file, repo, commit, file) for file in files]
        try:
            for done in as_completed(started):
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _get(repo: str, commit: str, file: ListedFile) -> Path:
    from huggingface_hub import hf_hub_download

    if file.size is not None and _partial_size(repo, file) > file.size:
        _partial(repo, file).unlink(missing_ok=True)
    return Path(hf_hub_download(repo, file.name, revision=commit, endpoint=endpoint()))


def _difference(path: Path, file: ListedFile) -> str:
    """Say in what a fetched file differs from the listing; nothing where it does not."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return f"{size} bytes instead of {file.size}"
    if file.sha256:
        return _compared("SHA-256", sha256_of(path), file.sha256)
    if file.blob:
        return _compared("git hash", _git_hash(path, size), file.blob)
    return ""


def _git_hash(path: Path, size: int) -> str:
    digest = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest()


def _compared(what: str, found: str, listed: str) -> str:
    return f"{what} {found[:12]}… instead of {listed[:12]}…" if found != listed else ""


def _remove(path: Path) -> None:
    """Remove a file from the cache: its content and the link to it."""
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _partial(repo: str, file: ListedFile) -> Path:
    return cached_repo(repo) / "blobs" / f"{file.etag}.incomplete"


def _partial_size(repo: str, file: ListedFile) -> int:
    """Count the bytes an earlier try has left, which huggingface_hub goes on from."""
    try:
        return _partial(repo, file).stat().st_size if file.etag else 0
    except OSError:
        return 0


def _insist_on_room(folder: Path, size: int) -> None:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        raise StorageError(
            f"{os.fspath(there)} has {free / 1e9:.2f} GB free and the download needs "
            f"{size / 1e9:.2f} GB",
            "Free some space, or choose another folder with HF_HOME.",
        )
