"""A hub on loopback: an HTTP server that speaks what ``huggingface_hub`` asks of one to download.

Spoken, as huggingface_hub 0.36 and 2 use it:

- ``GET /api/models/{repo}[/revision/{revision}]``: commit, files and their sizes; those of a
  dataset, whose repository is called ``datasets/org/name`` here, at ``/api/datasets/…``;
- ``GET /api/models/{repo}/tree/{revision}``: files, their sizes and hashes;
- ``GET /api/models/{repo}/refs``: branches and tags;
- ``HEAD`` and ``GET /{repo}/resolve/{revision}/{file}``: with ``ETag``, ``X-Repo-Commit``,
  ``Content-Length`` and byte ranges;
- large files (safetensors, GGUF, pickles) as LFS keeps them: their SHA-256 in the listing, and a
  redirect to where they are stored;
- the errors, told apart by ``X-Error-Code``: ``RepoNotFound``, ``RevisionNotFound``,
  ``EntryNotFound``, ``GatedRepo``.

::

    with serving() as hub:
        commit = hub.add("org/tiny", {"config.json": b"{}"})
        hub.url  # to be given as HF_ENDPOINT
        hub.requests  # what was asked
        hub.repos["org/tiny"].fault = Fault("reset", "weights", times=2)  # what goes wrong
"""

import hashlib
import json
import re
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

_TREE = re.compile(r"/api/models/(?P<repo>.+?)/tree/(?P<revision>[^/]+)(/.*)?")
_REFS = re.compile(r"/api/models/(?P<repo>.+?)/refs")
_API = re.compile(r"/api/(models/)?(?P<repo>.+?)(/revision/(?P<revision>[^/]+))?")
_FILE = re.compile(r"/(?P<repo>.+?)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


_STORED = "stored/"
_LARGE = (".safetensors", ".gguf", ".bin")
_BUSY, _DOWN = 429, 503

Kind = Literal[
    "hang-up", "reset", "stall", "truncate", "corrupt", "busy", "down", "loop", "wrong-size", "page"
]
"""What can go wrong: the connection is closed without an answer; closed in the middle of the body;
nothing comes after the middle of the body; the body ends early and says so; its bytes are others;
429 with ``Retry-After``; 503; a redirect to itself; the listing has another size; a web page."""


@dataclass
class Fault:
    """Something that goes wrong.

    Args:
        kind: What.
        where: With requests for the ``listing``, or for the ``weights``.
        times: How many requests it strikes; for ever where negative.
        retry_after: The header that comes with ``busy``.
    """

    kind: Kind
    where: Literal["listing", "weights"] = "weights"
    times: int = -1
    retry_after: str = "1"

    def strikes(self, where: str) -> bool:
        """Say whether this request is struck, and count it."""
        if self.times == 0 or where != self.where:
            return False
        self.times -= 1
        return True


@dataclass
class Repo:
    """A repository.

    Args:
        commits: Files and their content, by commit.
        refs: Commit of each branch and tag.
        gated: Whether files are for those who were granted access only.
        token: The token that opens it; anybody may read it where empty.
        fault: What goes wrong with it.
        sent: Bytes of weights that were sent of it.
    """

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    token: str = ""
    fault: Fault | None = None
    sent: int = 0

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
    ending: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

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

    def empty(self) -> None:
        """Forget everything."""
        self.ending.set()
        self.repos, self.requests, self.broken, self.ending = {}, [], 0, Event()

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
        hub.ending.set()
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
        fault = self._fault(path, body=body)
        try:
            if self.hub.broken:
                raise _Refused(self.hub.broken)
            if fault == "hang-up":
                self._hang_up()
                return
            if fault in _ANSWERS:
                status, headers, content = _ANSWERS[fault](self, self._asked(path))
            elif match := _TREE.fullmatch(path):
                status, headers, content = self._tree(match["repo"], match["revision"])
            elif match := _REFS.fullmatch(path):
                status, headers, content = self._refs(match["repo"])
            elif match := _API.fullmatch(path):
                status, headers, content = self._model(**match.groupdict())
            elif match := _FILE.fullmatch(path):
                status, headers, content = self._file(**match.groupdict())
                if fault in ("truncate", "corrupt"):
                    content = _damaged(content, fault)
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
            self._send(path, content, fault)

    def _fault(self, path: str, *, body: bool) -> str:
        """Say what goes wrong with this request; of the weights only what carries them."""
        held = self._asked(path)
        with self.hub.lock:
            fault = held.fault if held else None
            where = "listing" if _API.fullmatch(path) else ""
            if _is_large(path):
                where = "weights" if body or not _needs_body(fault) else ""
            return fault.kind if fault and fault.strikes(where) else ""

    def _asked(self, path: str) -> Repo | None:
        match = _FILE.fullmatch(path) or _API.fullmatch(path)
        return self.hub.repos.get(unquote(match["repo"]).removeprefix(_STORED)) if match else None

    def _send(self, path: str, content: bytes, fault: str) -> None:
        half = content[: len(content) // 2] if fault in ("reset", "stall") else content
        try:
            self.wfile.write(half)
        except OSError:  # the client has gone
            self.close_connection = True
        if (held := self._asked(path)) and _is_large(path):
            with self.hub.lock:
                held.sent += len(half)
        if fault == "stall":
            self.hub.ending.wait(20)
        if fault in ("reset", "stall"):
            self._hang_up()

    def _hang_up(self) -> None:
        """Close the connection as a machine that is gone would."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

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
        more = held.fault is not None and held.fault.kind == "wrong-size"
        siblings = [
            {"rfilename": name, **_listed(name, content, more=more and name.endswith(_LARGE))}
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
            {"type": "file", "path": name, "size": len(content), "oid": _etag(name, content)}
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
        stored = repo.startswith(_STORED)
        held = self.hub.repos[repo.removeprefix(_STORED)] if stored else self._open(repo)
        commit = self._commit(held, revision)
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not stored and held.gated and given != held.token:
            raise _Refused(403 if given else 401, "GatedRepo", "Access to this model is restricted")
        content = held.commits[commit].get(unquote(file))
        if content is None:
            raise _Refused(404, "EntryNotFound", "Entry not found")
        etag = f'"{_etag(unquote(file), content)}"'
        if _is_large(file) and not stored:
            there = f"{self.hub.url}/{_STORED[:-1]}{self.path}"
            size = {"X-Linked-Size": str(len(content)), "X-Linked-ETag": etag}
            return 302, {"Location": there, "X-Repo-Commit": commit, **size}, b""
        headers = {
            "ETag": etag,
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


def _etag(name: str, content: bytes) -> str:
    """The hash of a file: of its bytes in LFS, of git's object elsewhere."""
    if name.endswith(_LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _is_large(path: str) -> bool:
    return path.endswith(_LARGE)


def _listed(name: str, content: bytes, *, more: bool) -> dict[str, Any]:
    size, etag = len(content) + more, _etag(name, content)
    if not name.endswith(_LARGE):
        return {"size": size, "blobId": etag}
    lfs = {"sha256": etag, "size": size, "pointerSize": 130}
    return {"size": size, "blobId": hashlib.sha1(etag.encode()).hexdigest(), "lfs": lfs}


def _needs_body(fault: Fault | None) -> bool:
    return fault is not None and fault.kind in ("reset", "stall", "truncate", "corrupt")


def _damaged(content: bytes, fault: str) -> bytes:
    if fault == "truncate":
        return content[: len(content) // 2]
    middle = len(content) // 2
    return content[:middle] + bytes(255 - byte for byte in content[middle:])


Answer = tuple[int, dict[str, str], bytes]


def _busy(_handler: _Handler, held: Repo | None) -> Answer:
    return _BUSY, {"Retry-After": held.fault.retry_after if held and held.fault else ""}, b""


def _loop(handler: _Handler, _held: Repo | None) -> Answer:
    return 302, {"Location": f"{handler.hub.url}{handler.path}"}, b""


def _page(_handler: _Handler, _held: Repo | None) -> Answer:
    return 200, {"Content-Type": "text/html"}, b"<html><body>Please sign in.</body></html>"


_ANSWERS: dict[str, Callable[[_Handler, Repo | None], Answer]] = {
    "busy": _busy,
    "down": lambda _handler, _held: (_DOWN, {}, b""),
    "loop": _loop,
    "page": _page,
}
