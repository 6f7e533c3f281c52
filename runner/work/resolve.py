"""Resolve: every source of a recipe into a checkpoint on this machine, or a survey of one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from runner.errors import SourceError
from runner.findings import Finding, RecipeError
from runner.recipe.composing.composed import Composed, loc_of
from runner.sources import Checkpoint, Survey
from runner.sources.base import Progress, files_of


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
    found = {
        context.component: source.resolve(context)
        for source, context in composed.parts(workdir, progress)
    }
    return with_brought(found)


def survey(
    composed: Composed, workdir: Path, progress: Progress, *, weights: bool = True
) -> dict[str, Survey]:
    """Learn of every part what can be known without fetching weights.

    Args:
        composed: The composed recipe.
        workdir: An empty folder for anything made on the spot.
        progress: Told of downloads of what is small.
        weights: Whether the weights matter too, not only what describes them.

    Returns:
        The surveys, by part.

    Raises:
        SourceError: A source cannot be had.
    """
    found = {
        context.component: source.survey(replace(context, weights=weights))
        for source, context in composed.parts(workdir, progress)
    }
    checkpoints = with_brought({name: one.checkpoint for name, one in found.items()})
    return {
        name: found.get(name) or Survey(checkpoint, files_of(checkpoint.folder))
        for name, checkpoint in checkpoints.items()
    }


def with_brought(checkpoints: Mapping[str, Checkpoint]) -> dict[str, Checkpoint]:
    """Give the checkpoints of a recipe, with the adapter that came with the weights.

    Args:
        checkpoints: Checkpoint of each part that the recipe names.

    Raises:
        SourceError: The recipe names another adapter.
    """
    adapter = checkpoints["model"].adapter
    if adapter and "adapter" in checkpoints:
        raise SourceError(
            f"{checkpoints['model'].name} holds an adapter already, and the recipe names another",
            "Leave `adapter` out, or merge the first one into a model of its own.",
        )
    return {**checkpoints, **({"adapter": adapter} if adapter else {})}


def _licenses(composed: Composed, workdir: Path, progress: Progress) -> Iterable[Finding]:
    """Find what the policy does not allow, before any weights are fetched."""
    policy = composed.settings.policy.licenses
    if not policy.says_something:
        return
    for part, found in survey(composed, workdir, progress).items():
        for finding in policy.check(found.checkpoint):
            yield finding.under(*loc_of(part))
