"""What is measured is what is said: each time from the beginning."""

from pathlib import Path

from benchmarks.measure import best, clear

LEAVES = "mkdir -p outputs; touch mlflow.db; ls outputs | wc -l >> told; touch outputs/model"


def test_nothing_that_a_run_left_is_there_the_next_time(workspace: Path) -> None:
    best(["sh", "-c", LEAVES], workspace, 3)
    assert Path("told").read_text().split() == ["0", "0", "0"]
    clear(workspace)
    assert [file.name for file in workspace.iterdir()] == ["told"]
