"""Which files of a repository a run needs: what is small, what is asked for, and the weights."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from runner.errors import SourceError
from runner.sources.base import SourceContext
from runner.sources.checkpoint.files import is_code, is_small, weights_of_modules
from runner.sources.checkpoint.pickles import ADAPTER_PICKLE
from runner.sources.checkpoint.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    read_index,
)
from runner.sources.checkpoint.variants import PICKLE, PICKLE_INDEX, of_variant
from runner.sources.hub.download import fetch_file
from runner.sources.hub.listing import Listing
from runner.text.spelling import did_you_mean

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5")
WEIGHTS = (".safetensors", ".gguf", ".onnx", *_PICKLES)
"""How the names of files with weights end."""


def chosen(
    repo: str, listing: Listing, context: SourceContext, gguf: str, patterns: Sequence[str]
) -> Iterator[str]:
    """Choose files: configuration and the like, and the weights that the component has.

    Args:
        repo: ``org/name``.
        listing: What the hub lists.
        context: The run it is for.
        gguf: Name of the GGUF file that is wanted; empty for safetensors.
        patterns: Further files that are wanted; never weights.

    Yields:
        Their names.

    Raises:
        SourceError: The repository does not have them.
        Exception: What huggingface_hub raises where the index of the shards cannot be had.
    """
    names = sorted(listing.files)
    yield from (name for name in names if is_small(name))
    if context.trust_remote_code:
        yield from (name for name in names if is_code(name))
    yield from _further(repo, names, patterns)
    if gguf:
        if gguf not in names:
            raise _no_such_file(repo, gguf, names)
        yield gguf
    elif not context.weights:
        return
    elif context.component == "model":
        yield from _weights(repo, listing, context)
        if context.task.sentence_modules:
            yield from weights_of_modules(names, allow_pickle=context.allow_pickle)
    elif context.component == "adapter":
        forms = [ADAPTER_FILE, *([ADAPTER_PICKLE] if context.allow_pickle else [])]
        yield from [name for name in forms if name in names][:1]


def _further(repo: str, names: list[str], patterns: Sequence[str]) -> Iterator[str]:
    """Choose what the recipe asks for beside; each name once, and never weights."""
    others = [n for n in names if not is_small(n) and not n.casefold().endswith(WEIGHTS)]
    matched: set[str] = set()
    for pattern in patterns:
        found = {name for name in names if fnmatchcase(name, pattern)}
        if not found:
            raise SourceError(
                f"{repo} has no file that matches {pattern}",
                did_you_mean(pattern, others) or "Look at what the repository holds.",
            )
        matched |= found.intersection(others)
    yield from sorted(matched)


def _weights(repo: str, listing: Listing, context: SourceContext) -> list[str]:
    """Choose the weights as transformers does; there may be the same in other forms."""
    pickles = [(PICKLE, PICKLE_INDEX)] if context.allow_pickle else []
    forms = [(SINGLE_FILE, INDEX_FILE), *pickles]
    for single, index in ([of_variant(name, context.variant) for name in form] for form in forms):
        if single in listing.files:
            return [single]
        if index in listing.files:
            return _shards(repo, listing, index)
    if context.variant:
        raise SourceError(
            f"{repo} has no safetensors in the variant {context.variant}",
            "Leave `load.model.variant` out, or name a variant that is there.",
        )
    raise _no_safetensors(repo, sorted(listing.files))


def _shards(repo: str, listing: Listing, name: str) -> list[str]:
    index = fetch_file(repo, listing.commit, listing.files[name])
    shards = sorted(set(read_index(index).values()))
    if lost := [shard for shard in shards if shard not in listing.files]:
        raise SourceError(
            f"{lost[0]} is missing from {repo}, though {name} lists it",
            "Take a revision that is whole, or tell the repository's owner.",
        )
    return shards


def _no_such_file(repo: str, gguf: str, names: list[str]) -> SourceError:
    ggufs = [name for name in names if name.casefold().endswith(".gguf")]
    remedy = did_you_mean(gguf, ggufs) or (
        f"It holds {', '.join(ggufs)}." if ggufs else "It holds no GGUF file."
    )
    return SourceError(f"{repo} has no file {gguf}", remedy)


def _no_safetensors(repo: str, names: list[str]) -> SourceError:
    if ggufs := [name for name in names if name.casefold().endswith(".gguf")]:
        return SourceError(
            f"{repo} has no safetensors, but GGUF files",
            f"Add `file` to the source, one of {', '.join(ggufs)}.",
        )
    if pickles := [name for name in names if name.casefold().endswith(_PICKLES)]:
        return SourceError(
            f"{repo} has no safetensors, only {pickles[0]}: pickle checkpoints are not "
            "loaded, because reading one can run code",
            "Take a revision with safetensors; or write `allow_pickle: true`, and its tensors "
            "alone are read.",
        )
    return SourceError(f"{repo} holds no weights", "Check the repository's name.")
