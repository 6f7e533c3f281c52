"""Where the files that come with the runner are: in a checkout, and in an installed wheel."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[2]


def shipped(folder: Literal["configs", "recipes", "sweeps"]) -> Path:
    """Give the absolute path of a folder that comes with the runner.

    Args:
        folder: ``configs`` (Hydra's primary config and groups), ``recipes`` (the ready recipes) or
            ``sweeps`` (example sweeps of them).

    Returns:
        The folder beside the package in a checkout, else the copy inside the package.
    """
    beside, inside = _PACKAGE.parent / folder, _PACKAGE / "_shipped" / folder
    in_checkout = (_PACKAGE.parent / "pyproject.toml").is_file()
    return beside if in_checkout or not inside.is_dir() else inside
