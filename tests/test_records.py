"""Records of runs: what tells one that came after another."""

import time

from runner.records import RunRecord


def test_runs_of_one_second_have_an_order() -> None:
    started: list[str] = []
    for _ in range(5):
        started.append(RunRecord(recipe="a", point="b", digest="c").started)
        time.sleep(0.002)
    assert len({*started}) == len(started)
    assert started == sorted(started)
