"""The state of files: what tells whether one was changed, without opening it."""

from pathlib import Path

State = tuple[int, int]
"""Size of a file in bytes, and when it was changed, in nanoseconds."""
_OF_PYTHON = "__pycache__"


def state_of(file: Path) -> State:
    """Give the state of a file.

    Args:
        file: The file.
    """
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


def states_of(path: Path) -> dict[str, State]:
    """Give the state of every file in a folder, but for what Python makes of code.

    Args:
        path: The folder, or a file, which stands for itself; nothing where it is not there.

    Returns:
        The states, by the files' paths in the folder, sorted.
    """
    if path.is_file():
        return {path.name: state_of(path)}
    files = sorted(file for file in path.rglob("*") if _OF_PYTHON not in file.parts)
    return {file.relative_to(path).as_posix(): state_of(file) for file in files if file.is_file()}
