"""What lies on a disk after a fault: whole files, no leftovers, each thing once on a server."""

import hashlib
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

_RANDOM = re.compile(r"[0-9a-f]{12,}")
_OF_MLFLOW = re.compile(r"(mlruns|mlartifacts|\.server)/|[^/]*\.db(-[a-z]+)?$")
_PENDING = 1
"""Status of a logged model that is being made, as MLflow writes it."""

Files = dict[str, str]
"""Paths within a folder, without what is drawn of a name, and the digest of each file's bytes."""


def files_of(folder: Path) -> Files:
    """Give the files of a folder, but those of MLflow's store; an empty folder holds nothing."""
    found: Files = {}
    for file in folder.rglob("*"):
        path = _RANDOM.sub("…", str(file.relative_to(folder)))
        if file.is_file() and not _OF_MLFLOW.match(path):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            found[path] = " ".join(sorted([*found.get(path, "").split(), digest]))
    return found


def is_hidden(path: str) -> bool:
    """Say whether a path is named as one that is not finished, or of the machinery."""
    return path.endswith(".partial") or any(part.startswith(".") for part in path.split("/"))


def whole(file: Path) -> bool:
    """Say whether a file is one to its end, though its bytes are never twice the same."""
    if not file.exists():
        return True
    match file.suffix:
        case ".json" | ".sig":
            return _parses(json.loads, file)
        case ".yaml" | ".yml":
            return _parses(yaml.safe_load, file)
        case ".html":
            return file.read_text().rstrip().endswith("</html>")
        case ".sqlite" | ".db":
            return sound(file)
        case _:
            return file.stat().st_size > 0


def _parses(parse: Any, file: Path) -> bool:
    try:
        return bool(parse(file.read_text()))
    except (ValueError, yaml.YAMLError):
        return False


def sound(database: Path) -> bool:
    """Say whether a database of SQLite is one."""
    with closing(sqlite3.connect(database)) as opened:
        try:
            return opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        except sqlite3.DatabaseError:
            return False


def loads(model: Path) -> bool:
    """Say whether plain MLflow loads a model, and it answers."""
    import mlflow.pyfunc

    try:
        return len(mlflow.pyfunc.load_model(str(model)).predict(["hello"])) == 1
    except Exception:  # whatever it raises, the model is lost
        return False


def signed(signature: Path, key: Path) -> bool:
    """Say whether a signature is that of the model beside it, by a key."""
    from runner.errors import RunnerError
    from runner.work.verify import Signed, verify

    try:
        return not verify(str(signature.parent / "model"), signed=Signed(key, signature)).changed
    except RunnerError:
        return False


def ledger(database: Path) -> dict[str, object]:
    """Give what a store says, each thing with how often: read as it lies there, which is quick.

    Args:
        database: The store's database.

    Returns:
        Finished runs, their models, registered versions and aliases by name; versions and aliases
        of runs that did not finish; what is still open.
    """
    with closing(sqlite3.connect(database)) as opened:
        runs = opened.execute(
            "SELECT run_uuid, name, status FROM runs WHERE lifecycle_stage = 'active'"
        ).fetchall()
        models = opened.execute(
            "SELECT source_run_id, name, status FROM logged_models WHERE lifecycle_stage = 'active'"
        ).fetchall()
        versions = opened.execute(
            "SELECT run_id, name, version FROM model_versions"
            " WHERE current_stage != 'Deleted_Internal'"
        ).fetchall()
        aliases = opened.execute(
            "SELECT a.name, a.alias, v.run_id FROM registered_model_aliases a LEFT JOIN"
            " model_versions v ON v.name = a.name AND v.version = a.version"
        ).fetchall()
    finished = {run for run, _, status in runs if status == "FINISHED"}
    return {
        "runs": Counter(name for run, name, _ in runs if run in finished),
        "models": Counter(name for run, name, _ in models if run in finished),
        "versions": Counter(name for _, name, _ in versions),
        "aliases": Counter(f"{name}@{alias}" for name, alias, _ in aliases),
        "of no result": sum(run not in finished for run, *_ in versions)
        + sum(run not in finished for *_, run in aliases),
        "open": [name for _, name, status in runs if status in ("RUNNING", "SCHEDULED")]
        + [name for _, name, status in models if status == _PENDING],
    }
