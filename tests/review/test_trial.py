"""Both sides run: each is proven as in a run, held to its own source too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.records import Silent, read_record
from runner.review.review import review, two_sides
from runner.review.trial import runnable, try_all
from tests.conftest import Outcome
from tests.review.history import History

TINY = """\
task: text-generation
source: {kind: scratch, architecture: gpt2, seed: 0}
model_config: {do_sample: false}
params: {max_new_tokens: 4}
evaluation: {inputs: [one]}
"""
UNMET = TINY.replace("[one]", "[one], expect: [{contains: Paris}]")


@pytest.fixture
def repo(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A repository with two recipes on main; the working directory is its top."""
    history = History.start(workspace / "acme")
    history.write("good.yaml", TINY)
    history.write("bad.yaml", UNMET)
    history.commit("start")
    monkeypatch.chdir(history.folder)
    return history


def test_each_side_is_held_to_its_own_source(repo: History, workspace: Path) -> None:
    repo.edit("good.yaml", "seed: 0", "seed: 1")
    with two_sides("main", None) as (before, after):
        found = review(before, after)
        with runnable(before) as old, runnable(after) as new:
            _, trials = try_all(found, old, new, workspace, Silent())
    answers: list[Any] = []
    for side in ("before", "after"):
        record = read_record(workspace / side / "good")
        assert record is not None
        assert record.source_view is not None
        checks = {(c.view, c.outcome.value) for c in record.checks if c.name == "source"}
        assert checks == {("native", "passed"), ("pyfunc", "passed")}
        answers.append(record.source_view.outputs)
    (shown,) = trials["good"].answers
    assert answers == [[shown.before], [shown.after]]
    assert answers[0] != answers[1], "another seed, other weights"


def test_the_check_that_fails_after_a_change_is_named(
    repo: History, cli: Callable[..., Outcome]
) -> None:
    repo.write("good.yaml", UNMET)
    repo.edit("bad.yaml", "seed: 0", "seed: 1")
    done = cli("review", "main", "--run", "--output", "json")
    told = {
        (one["name"], change["rule"]): change["what"]
        for one in done.document["recipes"]
        for change in one["changes"]
    }
    check = "native expect[0]: output 0: "
    assert told["good", "verdict-lost"].startswith(f"no longer proven: {check}")
    assert told["bad", "verdict-still-lost"].startswith(f"not proven, as before: {check}")
