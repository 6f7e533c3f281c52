"""A hub on loopback: an HTTP server that speaks what ``huggingface_hub`` asks of one to download.

Spoken, as huggingface_hub 0.36 and 2 use it:

- ``GET /api/models/{repo}[/revision/{revision}]``: commit, files and their sizes;
- ``GET /api/models/{repo}/tree/{revision}``: files, their sizes and hashes;
- ``GET /api/models/{repo}/refs``: branches and tags;
- ``HEAD`` and ``GET /{repo}/resolve/{revision}/{file}``: with ``ETag``, ``X-Repo-Commit``,
  ``Content-Length`` and byte ranges;
- the errors, told apart by ``X-Error-Code``: ``RepoNotFound``, ``RevisionNotFound``,
  ``EntryNotFound``, ``GatedRepo``.

::

    with serving() as hub:
        commit = hub.add("org/tiny", {"config.json": b"{}"})
        hub.url  # to be given as HF_ENDPOINT
        hub.requests  # what was asked
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

_TREE = re.compile(r"/api/models/(?P<repo>.+?)/tree/(?P<revision>[^/]+)(/.*)?")
_REFS = re.compile(r"/api/models/(?P<repo>.+?)/refs")
_API = re.compile(r"/api/models/(?P<repo>.+?)(/revision/(?P<revision>[^/]+))?")
_FILE = re.compile(r"/(?P<repo>.+?)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


@dataclass
class Repo:
    """A repository.

    Args:
        commits: Files and their content, by commit.
        refs: Commit of each branch and tag.
        gated: Whether files are for those who were granted access only.
        token: The token that opens it; anybody may read it where empty.
    """

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    token: str = ""

    def commit_of(self, revision: str) -> str:
        """The commit a revision names; nothing where there is none."""
        return self.refs.get(revision) or (revision if revision in self.commits else "")


@dataclass(frozen=True)
class Request:
    """One request that was made."""

    method: str
    path: str
    authorization: str


@dataclass
class Hub:
    """What the server has and what it was asked."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    broken: int = 0
    """A status, such as 503, that every request is answered with; 0 for none."""

    def add(
        self,
        repo: str,
        files: Path | Mapping[str, bytes],
        revision: str = "main",
        *,
        gated: bool = False,
        token: str = "",
    ) -> str:
        """Add a commit to a repository and let a branch point to it.

        Args:
            repo: ``org/name``.
            files: Content by path, or a folder to take it from.
            revision: The branch.
            gated: Whether it is gated.
            token: The token that opens it.

        Returns:
            The commit.
        """
        if isinstance(files, Path):
            found = sorted(p for p in files.rglob("*") if p.is_file())
            files = {p.relative_to(files).as_posix(): p.read_bytes() for p in found}
        held = self.repos.setdefault(repo, Repo())
        held.gated, held.token = gated, token
        content = f"{repo} {revision} {len(held.commits)} {sorted(files)}"
        commit = hashlib.sha1(content.encode()).hexdigest()
        held.commits[commit] = dict(files)
        held.refs[revision] = commit
        return commit

    def asked_for(self, method: str = "GET") -> list[str]:
        """The files that were asked for, in order, by their path in the repository."""
        found = [_FILE.fullmatch(r.path) for r in self.requests if r.method == method]
        return [match["file"] for match in found if match]


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve an empty hub on a free port of loopback, until the block is left."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Refused(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def _answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path
        authorization = self.headers.get("Authorization", "")
        self.hub.requests.append(Request(self.command, unquote(path), authorization))
        try:
            if self.hub.broken:
                raise _Refused(self.hub.broken)
            if match := _TREE.fullmatch(path):
                status, headers, content = self._tree(match["repo"], match["revision"])
            elif match := _REFS.fullmatch(path):
                status, headers, content = self._refs(match["repo"])
            elif match := _API.fullmatch(path):
                status, headers, content = self._model(**match.groupdict())
            elif match := _FILE.fullmatch(path):
                status, headers, content = self._file(**match.groupdict())
            else:
                raise _Refused(404)
        except _Refused as refused:
            status, content = refused.status, b""
            headers = {"X-Error-Code": refused.code, "X-Error-Message": refused.message}
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _open(self, repo: str) -> Repo:
        held = self.hub.repos.get(unquote(repo))
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if given.startswith("hf_invalid"):
            raise _Refused(401, message="Invalid credentials in Authorization header")
        if held is None or (held.token and not held.gated and given != held.token):
            raise _Refused(404 if given else 401, "RepoNotFound", "Repository not found")
        return held

    def _commit(self, held: Repo, revision: str) -> str:
        commit = held.commit_of(unquote(revision))
        if not commit:
            raise _Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def _model(self, repo: str, revision: str | None) -> tuple[int, dict[str, str], bytes]:
        held = self._open(repo)
        commit = self._commit(held, revision or "main")
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": _etag(content),
                **_lfs(name, content),
            }
            for name, content in sorted(held.commits[commit].items())
        ]
        model = {
            "_id": "0",
            "id": unquote(repo),
            "modelId": unquote(repo),
            "sha": commit,
            "private": bool(held.token) and not held.gated,
            "gated": "manual" if held.gated else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": siblings,
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(model).encode()

    def _tree(self, repo: str, revision: str) -> tuple[int, dict[str, str], bytes]:
        held = self._open(repo)
        files = held.commits[self._commit(held, revision)]
        tree = [
            {"type": "file", "path": name, "size": len(content), "oid": _etag(content)}
            for name, content in sorted(files.items())
        ]
        return 200, {"Content-Type": "application/json"}, json.dumps(tree).encode()

    def _refs(self, repo: str) -> tuple[int, dict[str, str], bytes]:
        held = self._open(repo)
        branches = [
            {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commit}
            for name, commit in held.refs.items()
        ]
        refs = {"branches": branches, "tags": [], "converts": []}
        return 200, {"Content-Type": "application/json"}, json.dumps(refs).encode()

    def _file(self, repo: str, revision: str, file: str) -> tuple[int, dict[str, str], bytes]:
        held = self._open(repo)
        commit = self._commit(held, revision)
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if held.gated and given != held.token:
            raise _Refused(403 if given else 401, "GatedRepo", "Access to this model is restricted")
        content = held.commits[commit].get(unquote(file))
        if content is None:
            raise _Refused(404, "EntryNotFound", "Entry not found")
        headers = {
            "ETag": f'"{_etag(content)}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        if match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(match[1])
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return 206, headers | {"Content-Range": span}, content[start:]
        if self.command == "HEAD":
            return 200, headers | {"Content-Length": str(len(content))}, b""
        return 200, headers, content


def _lfs(name: str, content: bytes) -> dict[str, Any]:
    """Weights are kept in LFS, and only of what is there does the hub say the SHA-256."""
    if not name.endswith((".safetensors", ".gguf")):
        return {}
    return {"lfs": {"sha256": _etag(content), "size": len(content), "pointerSize": 134}}


def _etag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
