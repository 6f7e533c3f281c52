"""What an MLflow model without weights names in their place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.errors import SourceError
from runner.sources.base import Source
from runner.sources.checkpoint.untrusted import read_yaml
from runner.sources.hub.source import HubSource
from runner.sources.local import LocalSource

_FLAVOR = "transformers"


def referenced(model: Path) -> Source:
    """Give the source of the weights that a model without weights names.

    Args:
        model: The model folder.

    Raises:
        SourceError: It names none.
    """
    described = _described(model / "MLmodel")
    flavor = _part(described, "flavors", _FLAVOR)
    known = _part(described, "metadata", "inference", "reference")
    repo, revision = flavor.get("source_model_name"), flavor.get("source_model_revision")
    if revision:
        return HubSource.of(str(repo), str(revision))
    if path := flavor.get("local_base_model_path") or known.get("path"):
        return LocalSource.of(path)
    if repo := known.get("repo"):
        return HubSource.of(str(repo), str(known.get("revision")))
    raise SourceError(
        f"{model} holds no weights and names none",
        "It is no model of the transformers flavor: package it from its source.",
    )


def _described(file: Path) -> dict[str, Any]:
    try:
        return read_yaml(file)
    except (OSError, ValueError) as error:
        raise SourceError(f"{file} cannot be read: {error}", "Fetch the model again.") from error


def _part(described: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Give a mapping inside others; an empty one where something else stands in its place."""
    found: Any = described
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def referenced_component(flavor: Mapping[str, Any], name: str) -> Source | None:
    """Give the source of a component that a model only names; nothing where it names none.

    Args:
        flavor: Configuration of the model's ``transformers`` flavor.
        name: The component, such as ``tokenizer``.
    """
    repo, revision = flavor.get(f"{name}_name"), flavor.get(f"{name}_revision")
    return HubSource.of(str(repo), str(revision)) if repo and revision else None
