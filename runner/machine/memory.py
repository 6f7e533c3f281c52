"""The memory of this machine: what is free of it for a model."""

from pathlib import Path

_SYSTEM = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")


def free_memory(system: Path = _SYSTEM, container: Path = _CONTAINER) -> int | None:
    """Give the memory that is free, in bytes; None where the system does not say.

    Args:
        system: What Linux says of its memory.
        container: Folder of the control group, whose limit counts where it leaves less.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, "Memory Interface Files".
    """
    free = [size for size in (_of_system(system), _of_container(container)) if size is not None]
    return min(free, default=None)


def _of_system(file: Path) -> int | None:
    kilobytes = _numbers(file, ":").get("MemAvailable")
    return None if kilobytes is None else kilobytes * 1024


def _of_container(folder: Path) -> int | None:
    """Give what the limit leaves; pages of files that nobody uses are given up when need be."""
    try:
        limit, used = (
            int((folder / name).read_text()) for name in ("memory.max", "memory.current")
        )
    except (OSError, ValueError):  # no such control group, or one without a limit: "max"
        return None
    unused = _numbers(folder / "memory.stat", "").get("inactive_file", 0)
    return max(0, limit - used + unused)


def _numbers(file: Path, after_name: str) -> dict[str, int]:
    """Read lines of a name and a number."""
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return {}
    return {
        words[0].removesuffix(after_name): int(words[1])
        for words in lines
        if len(words) > 1 and words[1].isdigit()
    }
