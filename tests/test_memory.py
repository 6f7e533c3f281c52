"""What is free of the memory: as Linux says it, and as a container's limit has it."""

from pathlib import Path

import pytest

from runner.machine.memory import free_memory

SYSTEM = (
    "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\nHugePages: 0\n"
)


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [
        ("max", 5_000_000, 8_192_000),
        ("6000000", 5_000_000, 1_400_000),
        ("900000000", 5_000_000, 8_192_000),
        ("1000000", 5_000_000, 0),
    ],
)
def test_the_limit_of_a_container_counts_where_it_leaves_less(
    workspace: Path, limit: str, used: int, free: int
) -> None:
    (workspace / "meminfo").write_text(SYSTEM)
    (workspace / "memory.max").write_text(f"{limit}\n")
    (workspace / "memory.current").write_text(f"{used}\n")
    (workspace / "memory.stat").write_text("anon 100\ninactive_file 400000\nactive_file 7\n")
    assert free_memory(workspace / "meminfo", workspace) == free


def test_a_system_that_says_nothing_has_no_known_memory(workspace: Path) -> None:
    assert free_memory(workspace / "meminfo", workspace) is None
