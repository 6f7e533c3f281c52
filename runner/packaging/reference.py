"""Weights that stay where they are: what a model says of them instead of holding them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.packaging.blueprint import Blueprint
from runner.sources.checkpoint.files import sha256_of


def reference_of(parts: Blueprint) -> dict[str, Any]:
    """Say where the weights of a model are, for the code that loads them.

    Args:
        parts: Its parts.

    Returns:
        ``repo`` and ``revision``, the commit that was really used; or ``path`` and ``files``, for
        each its size in bytes and SHA-256.
    """
    checkpoint = parts.checkpoint
    if checkpoint.repo:
        return {"repo": checkpoint.repo, "revision": checkpoint.commit}
    names = sorted({info.file for info in parts.tensors.values()})
    files = {name: _fingerprint(checkpoint.folder / name) for name in names}
    return {"path": str(checkpoint.folder), "files": files}


def refer(flavor: dict[str, Any], parts: Blueprint) -> None:
    """Turn the ``transformers`` flavor of a model with weights into that of one without.

    MLflow's own would name the latest commit of the repository, not the one that was loaded.

    Args:
        flavor: The flavor's configuration, changed in place.
        parts: The model's parts.

    Source: ``mlflow.transformers.flavor_config``.
    """
    flavor.pop("model_binary", None)
    checkpoint = parts.checkpoint
    if not checkpoint.repo:
        flavor["local_base_model_path"] = str(checkpoint.folder)
        return
    flavor["source_model_name"] = checkpoint.repo
    flavor["source_model_revision"] = checkpoint.commit
    for name in parts.components:
        origin = parts.origins.get(name, checkpoint)
        flavor[f"{name}_name"], flavor[f"{name}_revision"] = origin.repo, origin.commit


def _fingerprint(file: Path) -> Mapping[str, Any]:
    return {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
