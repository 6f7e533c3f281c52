"""Where the parts of a recipe are: as a lock says it of a source, fetched or only asked."""

from runner.locks.lock import LockedFile, LockedPart
from runner.recipe.composing.composed import Composed
from runner.sources import Checkpoint, CheckpointFile, Location, Source, SourceContext, Survey
from runner.sources.checkpoint.files import hashed
from runner.sources.checkpoint.folder import insist_on_weights


def recipe_digest(composed: Composed) -> str:
    """Give the digest of a composed recipe as a lock has it."""
    return f"sha256:{composed.digest}"


def pinned(source: Source, found: Location, license: str = "") -> LockedPart:
    """Put together what a lock says of a part.

    Args:
        source: Its source, as the recipe says it.
        found: Where it is, with the files to lock.
        license: Its licence.
    """
    files = {
        name: LockedFile(sha256=sha256, size=size)
        for name, size, sha256 in hashed(found.folder, found.files)
    }
    return LockedPart(
        kind=source.kind,
        name=found.name,
        revision=source.wanted_state if found.commit else "",
        commit=found.commit,
        license=license,
        files=dict(sorted(files.items())),
    )


def kept_commit(source: Source, old: LockedPart | None) -> str:
    """Give the commit that is locked for the repository and revision the recipe names.

    Args:
        source: The source, as the recipe says it.
        old: What the lock says of the part, where it does.

    Returns:
        The commit; empty where the recipe names something else.
    """
    named = (source.named, source.wanted_state)
    return old.commit if old and (old.name, old.revision) == named else ""


def pin(source: Source, context: SourceContext, commit: str) -> tuple[LockedPart, Checkpoint]:
    """Survey a source, and lock what a run needs of it.

    Args:
        source: The source, as the recipe says it.
        context: Where it is looked at.
        commit: The commit to look at; empty for where its revision is now.

    Raises:
        SourceError: It cannot be had.
    """
    there = source.at(commit) if commit else source
    found = there.locate(context)
    survey = (there.at(found.commit) if found.commit else there).survey(context)
    checkpoint = survey.checkpoint
    if not found.asked:
        insist_on_weights(checkpoint.folder, checkpoint.gguf or None, context.component)
    files = _to_lock(found, survey)
    located = Location(found.name, checkpoint.commit, checkpoint.folder, files)
    return pinned(source, located, checkpoint.license), checkpoint


def _to_lock(found: Location, survey: Survey) -> tuple[CheckpointFile, ...]:
    """Choose what a run needs of what tells one state of the source from another."""
    if not found.asked:
        return survey.files
    telling = {file.name for file in found.files}
    return tuple(file for file in survey.files if file.name in telling)
