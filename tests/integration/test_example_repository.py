"""``examples/recipe-repo``, used as its users would: a git repository, its CI and its hooks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.cli.verb import verb_names
from tests.conftest import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "recipe-repo"
RUNNER = "python -m runner "
RECIPES = {
    "text-classification/sentiment",
    "text-classification/topic",
    "text-generation/assistant",
}


def commands_of_the_workflow() -> dict[str, str]:
    """Give the runner's commands in the workflow as written, by verb."""
    workflow: dict[str, Any] = yaml.safe_load(
        (EXAMPLE / ".github/workflows/recipes.yml").read_text()
    )
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    lines = [line for step in steps for line in step.get("run", "").splitlines()]
    return {line.split()[3]: line for line in lines if line.startswith(RUNNER)}


def shell(folder: Path, command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a CI job or a person would."""
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY),
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def clone(workspace: Path) -> Path:
    """A clone of the example, on a branch of its own."""
    shutil.copytree(EXAMPLE, workspace / "origin")
    made = shell(
        workspace,
        "cd origin && git init -q -b main && git add -A && git commit -qm first"
        " && cd .. && git clone -q origin clone && cd clone && git checkout -q -b mine",
    )
    assert made.returncode == 0, made.stderr
    return workspace / "clone"


def test_the_workflow_has_the_three_commands() -> None:
    assert list(commands_of_the_workflow()) == ["validate", "lock", "review"]


def test_the_workflow_passes_as_written(clone: Path) -> None:
    recipe = clone / "recipes" / "text-classification" / "topic.yaml"
    recipe.write_text(recipe.read_text().replace("support request", "request for support"))
    shell(clone, "git commit -qam 'other words'")
    for verb, command in commands_of_the_workflow().items():
        if verb in verb_names():
            done = shell(clone, command)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_workflow_stops_a_recipe_that_is_not_as_locked(clone: Path) -> None:
    base = clone / "recipes" / "text-classification" / "_base.yaml"
    base.write_text(base.read_text().replace("dtype: float32", "dtype: float16"))
    done = shell(clone, commands_of_the_workflow()["lock"])
    assert done.returncode == 1
    changed = [line.split()[0] for line in done.stdout.splitlines() if "recipe-changed" in line]
    assert changed == [
        f"recipes/text-classification/{name}.lock.yaml" for name in ("sentiment", "topic")
    ], "both that extend it"


def test_the_hooks_pass_as_written(clone: Path) -> None:
    hooks = yaml.safe_load((EXAMPLE / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert len(hooks) == 2
    for hook in hooks:
        done = shell(clone, hook["entry"])
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_recipe_is_locked_with_the_proof_it_passed() -> None:
    found = {file.relative_to(EXAMPLE / "recipes") for file in EXAMPLE.rglob("*.lock.yaml")}
    assert {str(file).removesuffix(".lock.yaml") for file in found} == RECIPES
    for file in found:
        assert (
            yaml.safe_load((EXAMPLE / "recipes" / file).read_text())["result"]["verdict"]
            == "passed"
        )
