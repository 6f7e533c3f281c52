"""What an answer depends on: the key of a model and the key of a row it is asked for."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import Model

from runner.evaluation.predictions import Predictions
from runner.machine.libraries import versions

_SMALL = 2**16
_SAYS_NOTHING = {
    "MLmodel", "README.md", "conda.yaml", "python_env.yaml", "requirements.txt",
    "input_example.json", "serving_input_example.json", "LICENSE.txt", "model_card.md",
    "model_card_data.yaml",
}  # fmt: skip
"""Files of a model that no answer depends on; of ``MLmodel`` a part counts."""
_IGNORED = {"__pycache__"}


def model_key(folder: Path, asked: Mapping[str, Any], predictions: Predictions) -> bytes:
    """Give the key of a model: another one where an answer might be another.

    Args:
        folder: The model folder.
        asked: What it is asked for beside a row: arguments, seed, device, the view.
        predictions: Keeps the hashes of large files, so that they are opened once.
    """
    described = Model.load(str(folder))
    how = {
        "flavors": described.flavors,
        "signature": described.signature.to_dict() if described.signature else None,
        "metadata": {
            name: value
            for name, value in (described.metadata or {}).items()
            if not name.startswith("recipe")
        },
        "asked": dict(asked),
        "libraries": versions(),
        "files": dict(_files(folder, predictions)),
    }
    return hashlib.sha256(json.dumps(how, sort_keys=True, default=str).encode()).digest()


def _files(folder: Path, predictions: Predictions) -> Iterator[tuple[str, str]]:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        inside = file.relative_to(folder)
        if inside.name in _SAYS_NOTHING or _IGNORED & {*inside.parts}:
            continue
        yield inside.as_posix(), _hash(file.resolve(), predictions)


def _hash(file: Path, predictions: Predictions) -> str:
    large = file.stat().st_size >= _SMALL
    if large and (known := predictions.hash_of(file)):
        return known
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    if large:
        predictions.keep_hash(file, sha256)
    return sha256


def row_key(model: bytes, row: Any) -> bytes:
    """Give the key of a row under a model.

    Args:
        model: The key of the model.
        row: The row as the model takes it; files of media count by their content.
    """
    digest = hashlib.sha256(model)
    _add(digest, row)
    return digest.digest()


def _add(digest: Any, value: Any) -> None:
    match value:
        case dict():
            digest.update(f"{{{len(value)}".encode())
            for name in sorted(value):
                digest.update(f"{name!r}:".encode())
                _add(digest, value[name])
        case list():
            digest.update(f"[{len(value)}".encode())
            for item in value:
                _add(digest, item)
        case bytes():
            digest.update(hashlib.sha256(value).digest())
        case np.ndarray():
            digest.update(f"{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
        case Path():
            digest.update(hashlib.sha256(value.read_bytes()).digest())
        case _:
            digest.update(f"{type(value).__name__}:{value!r}".encode())
