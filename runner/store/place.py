"""Where the store of an output folder is: beside the folders of its recipes."""

from pathlib import Path

STORE = ".store"
WEIGHTS = "weights"
"""The folder of all sets of weights, in that of the store."""
TEMPORARY = "temporary"
"""The folder of what goes again with the process that made it, likewise."""


def store_of(name: str, folder: Path) -> Path | None:
    """Give the folder of the store that serves a point.

    Args:
        name: Name of the recipe.
        folder: Folder of the point.

    Returns:
        ``<out>/.store``; None where the point does not lie at ``<out>/<recipe>/<point>``.
    """
    names = Path(name).parts
    around = folder.absolute().parents
    within = len(around) > len(names) and around[0].parts[-len(names) :] == names
    return around[len(names)] / STORE if within else None
