"""The shipped recipes: one for each task, all valid, and all that need no hub proven."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from runner.cli.loading import loading_lines
from runner.evaluation.rows import same
from runner.records import RunRecord
from runner.tasks import all_tasks
from tests.conftest import REPOSITORY, Outcome

WITHOUT_ITS_LIBRARY = "mask-generation/scratch"
"""torchvision, which the index has for Linux with CUDA alone."""
OVER_HTTP = {
    "conversational", "instructional-text-generation", "image-to-image", "keypoint-matching",
    "zero-shot-audio-classification", "llm-v1-chat", "llm-v1-completions", "llm-v1-embeddings",
}  # fmt: skip
"""Tasks of which tests/structures asks no model over HTTP."""
SHELF = sorted((REPOSITORY / "recipes").rglob("[!_]*.yaml"))


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
    listed = cli("ls", "--source", "scratch", "--names").stdout.split()
    assert len(listed) >= len(all_tasks())
    names = cli("ls", "--source", "scratch", "--installed", "--names").stdout.split()
    assert set(listed) - set(names) == {WITHOUT_ITS_LIBRARY}
    refused = cli(f"+recipe={WITHOUT_ITS_LIBRARY}", "tracking.uri=null")
    assert refused.code == 3
    assert "mask-generation needs torchvision, which is not installed" in refused.stderr
    served = [name for name in names if name.partition("/")[0] in OVER_HTTP]
    over_http = proven(cli, served, "evaluation.views=[source,native,pyfunc,server]")
    for run in [*over_http, *proven(cli, [name for name in names if name not in served])]:
        exec("\n".join(loading_lines(RunRecord.model_validate(run))), {})
    assert {run["recipe"].partition("/")[0] for run in over_http} == OVER_HTTP
    for run in over_http:
        answers = {view["view"]: _said(view["outputs"]) for view in run["views"]}
        assert same(answers["server"], answers["pyfunc"]), run["recipe"]


def proven(cli: Callable[..., Outcome], names: list[str], *more: str) -> list[dict[str, Any]]:
    """Run recipes in one sweep, and give their records."""
    done = cli("-m", f"+recipe={','.join(names)}", "tracking.uri=null", *more, "--output", "json")
    runs: list[dict[str, Any]] = done.document["runs"]
    assert {run["recipe"]: run["verdict"] for run in runs} == dict.fromkeys(names, "passed")
    assert done.code == 0
    return runs


def _said(outputs: list[Any]) -> list[Any]:
    """Give answers without what is another for each: when it was, and its number."""
    return [
        {key: value for key, value in row.items() if key not in ("id", "created")}
        if isinstance(row, dict)
        else row
        for row in outputs
    ]


def test_the_shelf_shows_composition_and_each_way_to_package() -> None:
    recipes = {file: yaml.safe_load(file.read_text()) for file in SHELF}
    assert 3 * sum("defaults" in recipe for recipe in recipes.values()) >= len(recipes)
    assert {"components", "signature", "adapter", "merge"} <= {
        key for r in recipes.values() for key in r
    }
    assert any(r.get("save_pretrained") is False for r in recipes.values())
    assert any(r.get("save_as") == "components" for r in recipes.values())
    assert any(isinstance(r.get("signature"), dict) for r in recipes.values())
    assert any(r.get("evaluation", {}).get("gates") for r in recipes.values())
    assert any(r.get("source", {}).get("kind") == "mlflow" for r in recipes.values())


@pytest.mark.parametrize(
    "file", [f for f in SHELF if "kind: hub" in f.read_text()], ids=lambda file: file.stem
)
def test_a_hub_recipe_says_main_or_who_names_its_commit(file: Any) -> None:
    text = file.read_text()
    for said, revision in re.findall(r"( *#.*\n)? +revision: (.*)", text):
        commit = re.fullmatch(r"[0-9a-f]{40}", revision)
        assert revision == "main" or (commit and re.search(r"# As \S+/\S+, \S+ has it\.", said))
    assert text.count("revision:") == text.count("kind: hub")
