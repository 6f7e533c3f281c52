"""Fetch a repository under every fault of the dial: ``hub_faults_worker.py FOLDER``.

In a process of its own, because huggingface_hub reads its settings at import; all in one, because
importing it takes longer than a fetch; at the same time, because most of it is waiting. Each has a
repository of its own, so that none finds what another left in the cache. Prints a JSON list of what
happened.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from tests.hub_server import Fault, Hub, Kind, serving

SIZE = 24 * 2**20
"""Bytes of weights: more than the 10 MB that huggingface_hub writes at a time."""
_WEIGHTS = "model.safetensors"
_OF_WEIGHTS_ALONE = ("reset", "stall", "truncate", "corrupt")
_FETCHED_ONCE_MORE = ("corrupt",)
_LONG = ("stall", "hang-up", "down")
"""What huggingface_hub waits for long itself: begun first."""
_OF_LISTINGS_ALONE = ("page", "wrong-size")


@dataclass
class Happened:
    """What happened under one fault.

    Args:
        kind: The fault.
        where: The requests it struck.
        times: How often; for ever where negative.
        error: The message; empty where the fetch succeeded.
        remedy: What it advises.
        exit: The exit code it stands for.
        half_written: Files in the commit's folder that are not what the hub holds.
        seconds: What the fetch took.
        then: What a second fetch, without the fault, said; empty where it succeeded.
        then_sent: Bytes of weights the hub sent for it.
        right: Whether everything was then there to the byte.
    """

    kind: str
    where: str
    times: int
    error: str = ""
    remedy: str = ""
    exit: int = 0
    half_written: list[str] = field(default_factory=list)
    seconds: float = 0.0
    then: str = ""
    then_sent: int = 0
    right: bool = False


def cases() -> list[tuple[str, str, int]]:
    """Give every fault, where it strikes and how often."""
    found: list[tuple[str, str, int]] = []
    for kind in get_args(Kind):
        for where in ("listing", "weights"):
            impossible = _OF_WEIGHTS_ALONE if where == "listing" else _OF_LISTINGS_ALONE
            if kind not in impossible:
                once = 1 if kind in _FETCHED_ONCE_MORE else 2
                found += [
                    (kind, where, -1),
                    *([(kind, where, once)] if kind != "wrong-size" else []),
                ]
    return sorted(found, key=lambda case: case[0] not in _LONG)


def files() -> dict[str, bytes]:
    """Give a repository: a configuration, and weights that are large and not a model's."""
    header = {"weight": {"dtype": "U8", "shape": [SIZE], "data_offsets": [0, SIZE]}}
    text = json.dumps(header).encode()
    weights = len(text).to_bytes(8, "little") + text + os.urandom(SIZE)
    return {"config.json": b'{"model_type": "gpt2"}', "README.md": b"# Tiny\n", _WEIGHTS: weights}


def fetch(repo: str) -> tuple[Path | None, Any]:
    """Fetch a repository; give its folder or the error."""
    from runner.errors import RunnerError
    from runner.sources import SourceContext
    from runner.sources.hub.source import HubSource
    from runner.tasks import all_tasks

    context = SourceContext(Path(), Path(), all_tasks()["text-generation"])
    try:
        return HubSource(kind="hub", repo=repo).resolve(context).folder, None
    except RunnerError as error:
        return None, error


def try_one(hub: Hub, number: int, kind: Any, where: Any, times: int) -> Happened:
    """Fetch under a fault, and again without it."""
    repo, held = f"org/case-{number}", files()
    commit = hub.add(repo, held)
    happened = Happened(kind, where, times)
    here = hub.repos[repo]
    here.fault = Fault(kind, where, times)
    start = time.monotonic()
    _, error = fetch(repo)
    happened.seconds = time.monotonic() - start
    if error:
        happened.error, happened.remedy, happened.exit = error.message, error.remedy, error.exit
    snapshot = Path(
        os.environ["HF_HOME"], "hub", f"models--org--case-{number}", "snapshots", commit
    )
    happened.half_written = _differing(snapshot, held)
    here.fault, here.sent = None, 0
    folder, error = fetch(repo)
    happened.then, happened.then_sent = error.message if error else "", here.sent
    happened.right = folder is not None and not _differing(folder, held, whole=True)
    return happened


def _differing(folder: Path, held: dict[str, bytes], *, whole: bool = False) -> list[str]:
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    wrong = [name for name in names if (folder / name).read_bytes() != held.get(name)]
    return wrong + ([name for name in held if name not in names] if whole else [])


def main() -> None:
    """Try everything."""
    with serving() as hub:
        os.environ |= {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": sys.argv[1],
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_ETAG_TIMEOUT": "10",
            "HF_HUB_DOWNLOAD_TIMEOUT": "3",
            "RECIPE_RUNNER_HUB_PATIENCE": "20",
        }
        from runner.sources.hub import retries as hub_retries

        hub_retries.BACKOFF = 0.02
        with ThreadPoolExecutor(6) as pool:
            tried = [pool.submit(try_one, hub, number, *c) for number, c in enumerate(cases())]
            found = [one.result() for one in tried]
    print(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
