"""The shipped recipes: one for each task, all valid, and all that need no hub proven."""

from collections.abc import Callable
from typing import Any

import pytest

from runner.cli.loading import loading_lines
from runner.records import RunRecord
from runner.tasks import all_tasks
from tests.conftest import Outcome


@pytest.fixture
def shipped(cli: Callable[..., Outcome]) -> list[dict[str, Any]]:
    """Every shipped recipe, as listed."""
    return cli("ls", "--output", "json").document["recipes"]


def test_every_task_has_a_recipe_that_runs_here_and_one_for_the_hub(
    shipped: list[dict[str, Any]],
) -> None:
    kinds: dict[str, set[str]] = {}
    for recipe in shipped:
        task = "translation" if recipe["task"].startswith("translation_") else recipe["task"]
        kinds.setdefault(task, set()).add(recipe["source"].partition(" ")[0])
    assert set(kinds) == set(all_tasks())
    assert all(found & {"scratch", "package"} for found in kinds.values())
    assert all("hub" in found for found in kinds.values())


def test_every_recipe_is_valid_and_described(
    cli: Callable[..., Outcome], shipped: list[dict[str, Any]]
) -> None:
    done = cli("validate")
    assert done.code == 0, done.stdout
    assert all(recipe["description"] for recipe in shipped)


def test_every_recipe_that_needs_no_hub_is_proven(cli: Callable[..., Outcome]) -> None:
    names = cli("ls", "--source", "scratch", "--names").stdout.split()
    assert len(names) >= len(all_tasks())
    done = cli("-m", f"+recipe={','.join(names)}", "tracking.uri=null", "--output", "json")
    verdicts = {run["recipe"]: run["verdict"] for run in done.document["runs"]}
    assert verdicts == dict.fromkeys(names, "passed")
    assert done.code == 0
    for run in done.document["runs"]:
        exec("\n".join(loading_lines(RunRecord.model_validate(run))), {})
