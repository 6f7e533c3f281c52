"""What a checkpoint folder must hold, checked without reading a weight."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.checkpoint.config_values import (
    CONFIG,
    GENERATION_CONFIG,
    impossible_settings,
    impossible_values,
    layers_of,
    read_values,
)
from runner.sources.checkpoint.gguf_header import insist_on_gguf
from runner.sources.checkpoint.safetensors_header import ADAPTER_FILE, read_file, read_headers
from runner.sources.checkpoint.untrusted import parse_front_matter
from runner.text.spelling import did_you_mean
from runner.text.visible import on_a_line

_CONFIGS = {
    "adapter": ("adapter_config.json",),
    "model": ("config.json",),
    "tokenizer": ("tokenizer_config.json", "config.json"),
    "feature_extractor": ("preprocessor_config.json", "config.json"),
    "image_processor": ("preprocessor_config.json", "config.json"),
    "processor": ("processor_config.json", "preprocessor_config.json", "config.json"),
}
_DEEP = 64
"""Layers that are built in a moment, whatever the weights are."""
_SHOWN = 5
_WHAT_IT_HOLDS = (
    "A checkpoint folder holds config.json, its weights as safetensors and, for text, "
    "tokenizer files: what save_pretrained writes."
)
FRONT_MATTER = re.compile(r"\A\s*---\s*\n(.*?)\n---\s*(\n|\Z)", re.DOTALL)


def check_folder(folder: Path, gguf: str | None, component: str = "model") -> Iterator[Finding]:
    """Find what keeps a folder from being a checkpoint.

    Args:
        folder: The folder, absolute.
        gguf: Name of the GGUF file in it, where the recipe names one.
        component: The part wanted of it.

    Yields:
        Findings with ``("path",)`` or ``("file",)`` as their path.
    """
    try:
        yield from _check_folder(folder, gguf, component)
    except OSError as error:
        message = f"{folder} cannot be read: {error.strerror or error}."
        yield Finding("source-missing", message, "Check its permissions.", ("path",))


def _check_folder(folder: Path, gguf: str | None, component: str) -> Iterator[Finding]:
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.is_file() else "does not exist"
        message = f"{folder} {what}."
        yield Finding("source-missing", message, _instead_of(folder), ("path",))
    elif gguf is not None:
        yield from _check_gguf(folder, gguf)
    elif not any((folder / name).is_file() for name in _CONFIGS[component]):
        message = f"{folder} has no {' or '.join(_CONFIGS[component])}."
        remedy = _below(folder, _CONFIGS[component]) or _about_gguf(_ggufs(folder))
        yield Finding("no-config", message, remedy, ("path",))
    elif component == "model":
        yield from _check_values(folder)


def _below(folder: Path, names: Iterable[str]) -> str:
    """Name the folders inside that have what is wanted: PEFT puts named adapters into such."""
    found = [d.name for d in sorted(folder.iterdir()) if any((d / n).is_file() for n in names)]
    if not found:
        return ""
    more = f" and {len(found) - _SHOWN} more" if found[_SHOWN:] else ""
    return (
        f"Name the one that is meant of those in it: {on_a_line(', '.join(found[:_SHOWN]))}{more}."
    )


def _check_values(folder: Path) -> Iterator[Finding]:
    for name in (CONFIG, GENERATION_CONFIG):
        values = read_values(folder, name)
        found = [*impossible_values(values), *_without_weights(folder, values)]
        if name == GENERATION_CONFIG:
            found += [one for one in impossible_settings(values) if one[0] not in dict(found)]
        for key, wrong in found:
            message = f"{folder / name}: `{key}` {wrong}."
            remedy = "Fetch the checkpoint again, or mend the file."
            yield Finding("impossible-config", message, remedy, ("path",), outside=True)


def _without_weights(folder: Path, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find more layers than there are tensors: a model of them takes long to build, for nothing."""
    deep = [(key, layers) for key, layers in layers_of(values) if layers > _DEEP]
    try:
        tensors = len(read_headers(folder)) if deep else 0
    except SourceError:  # whoever reads the weights says so
        return
    for key, layers in deep:
        if layers > tensors:
            yield key, f"is {layers}, and the weights have {tensors} tensors for all of them"


def _instead_of(path: Path) -> str:
    if path.suffix.casefold() == ".gguf" and path.is_file():
        return f"Write the folder as `path`, and `file: {path.name}`."
    if path.is_file() or not path.parent.is_dir():
        return "Name the folder that save_pretrained wrote."
    siblings = (entry.name for entry in path.parent.iterdir() if entry.is_dir())
    return did_you_mean(path.name, siblings) or "Name the folder that save_pretrained wrote."


def _about_gguf(found: list[str]) -> str:
    match found:
        case []:
            return _WHAT_IT_HOLDS
        case [one]:
            return f"Add `file: {one}` to the source."
        case many:
            return f"Add `file` to the source, one of {', '.join(many)}."


def _check_gguf(folder: Path, gguf: str) -> Iterator[Finding]:
    if wrong := list(check_file_name(gguf)):
        yield from wrong
    elif not (folder / gguf).is_file():
        names = _ggufs(folder)
        remedy = did_you_mean(gguf, names) or f"It holds {', '.join(names) or 'no GGUF file'}."
        yield Finding("file-missing", f"{folder} has no file {gguf}.", remedy, ("file",))


def check_file_name(gguf: str) -> Iterator[Finding]:
    """Find a ``file`` that is not the plain name of a GGUF file.

    Args:
        gguf: What the recipe gives as ``file``.

    Yields:
        A finding with ``("file",)`` as its path.
    """
    if gguf in ("", ".", "..") or any(sign in gguf for sign in "/\\\0"):
        remedy = "Write the name alone; the folder it lies in is the source's."
        yield Finding(
            "file-outside", f"`{gguf}` is not the plain name of a file.", remedy, ("file",)
        )
    elif not gguf.casefold().endswith(".gguf"):
        remedy = "Leave `file` out for a checkpoint with config.json and safetensors."
        yield Finding("not-gguf", f"`{gguf}` is not a GGUF file.", remedy, ("file",))


def _ggufs(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.suffix.casefold() == ".gguf")


def insist(findings: Iterable[Finding]) -> None:
    """Raise the first finding as an error of the source: it appeared after the recipe was checked.

    Args:
        findings: What a check found.

    Raises:
        SourceError: There is a finding.
    """
    for finding in findings:
        raise SourceError(finding.message.rstrip("."), finding.remedy)


def insist_on_weights(folder: Path, gguf: str | None, component: str) -> None:
    """Raise what is wrong with the weight files, as far as their first bytes tell.

    Args:
        folder: A folder that ``check_folder`` found nothing wrong with.
        gguf: Name of the GGUF file in it, where the recipe names one.
        component: The part wanted of it; only ``model`` needs safetensors.

    Raises:
        SourceError: There are no weights, or they are corrupt.
    """
    if gguf is not None:
        insist_on_gguf(folder / gguf)
    elif component == "model":
        read_headers(folder)
    elif component == "adapter":
        read_file(folder, ADAPTER_FILE)


def declared_license(folder: Path) -> str:
    """Give the licence that the model card's front matter declares, or nothing.

    Args:
        folder: A checkpoint folder; its README.md is the card.
    """
    readme = folder / "README.md"
    if not os.access(readme, os.R_OK) or not readme.is_file():
        return ""
    found = FRONT_MATTER.match(readme.read_text(encoding="utf-8-sig", errors="replace"))
    return license_of(parse_front_matter(found[1])) if found else ""


def license_of(card: dict[str, Any]) -> str:
    """Give the licence of a model card's data.

    Args:
        card: The front matter of a model card.

    Returns:
        Its ``license``; its ``license_name`` where the former is only ``other``.
    """
    declared = card.get("license")
    if declared == "other":
        declared = card.get("license_name") or declared
    if isinstance(declared, list):
        texts = [one for one in cast("list[Any]", declared) if isinstance(one, str)]
        return on_a_line(", ".join(texts))
    return on_a_line(declared) if isinstance(declared, str) else ""
