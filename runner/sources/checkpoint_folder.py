"""What a checkpoint folder must hold, checked without opening a weight file."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import yaml

from runner.errors import SourceError
from runner.findings import Finding
from runner.suggest import did_you_mean


def check_folder(folder: Path, gguf: str | None) -> Iterator[Finding]:
    """Find what keeps a folder from being a checkpoint.

    Args:
        folder: The folder, absolute.
        gguf: Name of the GGUF file in it, where the recipe names one.

    Yields:
        Findings with ``("path",)`` or ``("file",)`` as their path.
    """
    if not folder.is_dir():
        yield Finding("source-missing", _missing(folder), _closest(folder), ("path",))
    elif gguf is not None:
        yield from _check_gguf(folder, gguf)
    elif not (folder / "config.json").is_file():
        found = sorted(p.name for p in folder.glob("*.gguf"))
        remedy = (
            f"Add `file: {found[0]}` to the source."
            if found
            else "A checkpoint folder holds config.json, its weights as safetensors and, for text, "
            "tokenizer files: what save_pretrained writes."
        )
        yield Finding("no-config", f"{folder} has no config.json.", remedy, ("path",))


def _missing(folder: Path) -> str:
    what = "is a file, not a folder" if folder.is_file() else "does not exist"
    return f"{folder} {what}."


def _closest(folder: Path) -> str:
    if folder.is_file() or not folder.parent.is_dir():
        return "Name the folder that save_pretrained wrote."
    siblings = [p.name for p in folder.parent.iterdir() if p.is_dir()]
    return did_you_mean(folder.name, siblings) or "Name the folder that save_pretrained wrote."


def _check_gguf(folder: Path, gguf: str) -> Iterator[Finding]:
    if PurePosixPath(gguf).name != gguf:
        yield Finding("file-outside", f"`{gguf}` is not the name of a file.", "", ("file",))
    elif not (folder / gguf).is_file():
        names = [p.name for p in folder.glob("*.gguf")]
        remedy = did_you_mean(gguf, names) or f"It holds {', '.join(names) or 'no GGUF file'}."
        yield Finding("file-missing", f"{folder} has no file {gguf}.", remedy, ("file",))


def insist(findings: Iterable[Finding]) -> None:
    """Raise the first finding as an error of the source: it appeared after the recipe was checked.

    Raises:
        SourceError: There is a finding.
    """
    for finding in findings:
        raise SourceError(finding.message, finding.remedy)


def declared_license(folder: Path) -> str:
    """Give the licence that the model card's front matter declares, or nothing."""
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    parts = readme.read_text(encoding="utf-8", errors="replace").split("---\n", 2)
    if len(parts) < 3 or parts[0].strip():
        return ""
    try:
        front = yaml.safe_load(parts[1])
    except yaml.YAMLError:
        return ""
    return str(front.get("license") or "") if isinstance(front, dict) else ""
