"""Where this tool keeps what it can make or fetch again."""

import os
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Give the folder of a kind of thing, which may not be there: all in it can be removed.

    Args:
        kind: What is kept there, in a word.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "recipe-runner", kind)
