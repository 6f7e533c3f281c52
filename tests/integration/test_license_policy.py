"""A policy on licences stops a run before any weights are fetched."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkpoints import causal_lm
from tests.command import alone
from tests.conftest import Outcome
from tests.hub_server import Hub

Cli = Callable[..., Outcome]


def packaged(run: Cli, workspace: Path, source: dict[str, Any], *policy: str) -> Outcome:
    recipe = {"task": "text-generation", "source": source, "evaluation": {"views": []}}
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return run("+recipe=case.yaml", "tracking.uri=null", *policy)


@pytest.mark.parametrize(
    ("license_", "policy", "code"),
    [
        ("mit", "policy.licenses.allow=[mit,apache-2.0]", ""),
        ("MIT", "policy.licenses.deny=[cc-by-nc-*]", ""),
        ("cc-by-nc-4.0", "policy.licenses.deny=[cc-by-nc-*]", "license-denied"),
        ("mit", "policy.licenses.allow=[apache-2.0]", "license-denied"),
        ("", "policy.licenses.deny=[cc-by-nc-*]", "license-unknown"),
        ("", "policy.licenses.allow=null", ""),
    ],
)
def test_a_folders_licence_is_held_against_the_policy(
    cli: Cli, workspace: Path, license_: str, policy: str, code: str
) -> None:
    folder = causal_lm(workspace / "gpt2")
    if license_:
        (folder / "README.md").write_text(f"---\nlicense: {license_}\n---\n")
    done = packaged(cli, workspace, {"kind": "local", "path": "gpt2"}, policy)
    assert done.code == (2 if code else 0), done.stderr
    assert f"case.yaml:2:1 error[{code}]" in done.stderr if code else "[license" not in done.stderr


def test_a_hub_model_is_refused_before_its_weights_are_asked_for(workspace: Path, hub: Hub) -> None:
    folder = causal_lm(workspace / "gpt2")
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    hub.add("org/tiny", folder)
    source = {"kind": "hub", "repo": "org/tiny"}
    process = partial(alone, workspace)
    done = packaged(process, workspace, source, "policy.licenses.deny=[cc-by-nc-4.0]")
    assert done.code == 2, done.stderr
    assert "error[license-denied]" in done.stderr
    assert "cc-by-nc-4.0" in done.stderr
    assert "config.json" in hub.asked_for()
    assert "model.safetensors" not in hub.asked_for()


def test_random_weights_need_no_licence(cli: Cli, workspace: Path) -> None:
    source = {"kind": "scratch", "architecture": "gpt2"}
    assert packaged(cli, workspace, source, "policy.licenses.allow=[mit]").code == 0


def test_a_recipe_cannot_choose_its_own_policy(cli: Cli, workspace: Path) -> None:
    (workspace / "case.yaml").write_text("task: fill-mask\npolicy: {licenses: {deny: []}}\n")
    done = cli("+recipe=case.yaml")
    assert done.code == 2
    assert "policy" in done.stderr
