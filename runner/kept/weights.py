"""What lies in the stores of output folders, and no run uses any more."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from runner.kept.listing import USUAL, StoredRun
from runner.store.garbage import Unused, unused


def outs_of(paths: Sequence[Path], runs: Iterable[StoredRun]) -> list[Path]:
    """Give the output folders that runs lie in.

    Args:
        paths: Where was looked; the usual output folders where empty.
        runs: The runs.
    """
    of_runs = (_around(run) for run in runs)
    found = dict.fromkeys(out.absolute() for out in [*(paths or USUAL), *of_runs])
    return [out for out in found if out.is_dir()]


def unused_in(outs: Iterable[Path]) -> list[Unused]:
    """Give the weights that no run uses, and what killed runs left.

    Args:
        outs: The output folders.
    """
    return [entry for out in outs for entry in unused(out)]


def _around(run: StoredRun) -> Path:
    """Give the folder around the points of all recipes: ``<out>`` of ``<out>/<recipe>/<point>``."""
    names, parents = Path(run.record.recipe).parts, run.folder.absolute().parents
    within = len(parents) > len(names) and parents[0].parts[-len(names) :] == names
    return parents[len(names)] if within else run.folder
