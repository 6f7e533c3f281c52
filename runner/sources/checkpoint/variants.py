"""Weights in a variant of their own: ``model.fp16.safetensors`` beside ``model.safetensors``."""

from collections.abc import Collection, Mapping
from pathlib import Path

from runner.errors import SourceError
from runner.sources.base import SourceContext
from runner.sources.checkpoint.safetensors_header import INDEX_FILE, SINGLE_FILE

PICKLE = "pytorch_model.bin"
PICKLE_INDEX = "pytorch_model.bin.index.json"
_USUAL = (SINGLE_FILE, INDEX_FILE, PICKLE, PICKLE_INDEX)


def of_variant(name: str, variant: str) -> str:
    """Give the name that a file of weights, or their index, has in a variant.

    Args:
        name: Its usual name.
        variant: The variant; empty for none.

    Source: ``variant`` of transformers' ``from_pretrained``.
    """
    stem, _, end = name.rpartition(".")
    return f"{stem}.{variant}.{end}" if variant else name


def under_usual_names(folder: Path, context: SourceContext) -> Path:
    """Give a folder whose weights have the names that all else expects.

    Args:
        folder: A checkpoint folder.
        context: The run it is for, with the variant that is wanted.

    Returns:
        The folder itself; where a variant is wanted, one of the run that links to its files.

    Raises:
        SourceError: There are no weights in that variant.
    """
    if not context.variant or context.component != "model":
        return folder
    named = {of_variant(name, context.variant): name for name in _USUAL}
    found = {given: name for given, name in named.items() if (folder / given).is_file()}
    if not found:
        raise SourceError(
            f"{folder} holds no weights in the variant {context.variant}: no {next(iter(named))}",
            "Leave `load.model.variant` out, or name a variant that is there.",
        )
    target = context.workdir / f"variant-{context.component}"
    if not target.is_dir():
        link_all(folder, target, leaving_out={*_USUAL, *found})
        link(folder, target, found)
    return target


def link_all(folder: Path, target: Path, leaving_out: Collection[str]) -> None:
    """Make a new folder whose files are links to those of another.

    Args:
        folder: The folder; hidden files of it are left out.
        target: The folder to make.
        leaving_out: Names of files that are not wanted.
    """
    target.mkdir()
    files = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    names = (str(file) for file in files if not any(part.startswith(".") for part in file.parts))
    link(folder, target, {name: name for name in names if name not in leaving_out})


def link(folder: Path, target: Path, names: Mapping[str, str]) -> None:
    """Link to files of a folder.

    Args:
        folder: The folder.
        target: The folder that gets the links.
        names: The name of each link by that of its file.
    """
    for given, name in names.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to((folder / given).resolve())
