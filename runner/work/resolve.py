"""Resolve: every source of a recipe into a checkpoint on this machine, or a survey of one."""

from collections.abc import Iterable
from pathlib import Path

from runner.findings import Finding, RecipeError
from runner.recipe.composing.composed import Composed, loc_of
from runner.sources import Checkpoint, Survey
from runner.sources.base import Progress


def resolve(composed: Composed, workdir: Path, progress: Progress) -> dict[str, Checkpoint]:
    """Bring the checkpoint of every part onto the disk.

    Args:
        composed: The composed recipe.
        workdir: An empty folder for anything made on the spot.
        progress: Told of downloads.

    Returns:
        The checkpoints, by part.

    Raises:
        RecipeError: The policy does not allow a licence; no weights were fetched.
        SourceError: A source cannot be had.
    """
    if findings := list(_licenses(composed, workdir, progress)):
        raise RecipeError(f.at(composed.origin(f.loc).place) for f in findings)
    return {
        context.component: source.resolve(context)
        for source, context in composed.parts(workdir, progress)
    }


def survey(composed: Composed, workdir: Path, progress: Progress) -> dict[str, Survey]:
    """Learn of every part what can be known without fetching weights.

    Args:
        composed: The composed recipe.
        workdir: An empty folder for anything made on the spot.
        progress: Told of downloads of what is small.

    Returns:
        The surveys, by part.

    Raises:
        SourceError: A source cannot be had.
    """
    return {
        context.component: source.survey(context)
        for source, context in composed.parts(workdir, progress)
    }


def _licenses(composed: Composed, workdir: Path, progress: Progress) -> Iterable[Finding]:
    """Find what the policy does not allow, before any weights are fetched."""
    policy = composed.settings.policy.licenses
    if not policy.says_something:
        return
    for part, found in survey(composed, workdir, progress).items():
        for finding in policy.check(found.checkpoint):
            yield finding.under(*loc_of(part))
