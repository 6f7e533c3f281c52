"""Files that were renamed, as git sees it."""

import os
from pathlib import Path

from runner.review.calling import call


def renames(before: Path, after: Path) -> dict[str, str]:
    """Find the files that were renamed between two folders, as git does: by likeness.

    Args:
        before: A folder.
        after: Another.

    Returns:
        The new path by the old one, relative to the folders.
    """
    asked = ["diff", "--no-index", "--no-ext-diff", "--no-textconv", "--find-renames"]
    asked += ["--diff-filter=R", "--name-status", "-z", "--", str(before), str(after)]
    fields = [
        os.fsdecode(field)
        for field in call(before, *asked, ceiling=before.parent).stdout.split(b"\0")
    ]
    found = zip(fields[1::3], fields[2::3], strict=False)
    return {_below(old, before): _below(new, after) for old, new in found}


def _below(path: str, folder: Path) -> str:
    return path.removeprefix(f"{folder}/")
