"""Models without weights: they load the commit that they were proven on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.adapters import native_answers
from tests.checkpoints import causal_lm
from tests.conftest import Outcome
from tests.hub_server import Hub
from tests.integration.packaging import PROMPTS, loaded, run, weight_files
from tests.isolated import isolated
from tests.shared_hub import leave_hub

Cli = Callable[..., Outcome]


@pytest.fixture
def first(workspace: Path) -> Path:
    """The model that the branch points to at first."""
    return causal_lm(workspace / "one", seed=3)


def test_a_reference_loads_the_commit_that_was_proven(
    cli: Cli, workspace: Path, hub: Hub, first: Path
) -> None:
    commit = hub.add("org/tiny", first)
    recipe = {"source": {"kind": "hub", "repo": "org/tiny"}, "save_pretrained": False}
    done, model, record = run(cli, workspace, recipe)
    assert done.code == 0, done.stderr
    assert record["sources"]["model"]["commit"] == commit
    assert weight_files(model) == []
    assert not (model / "model").exists()
    wanted = native_answers(first, None, PROMPTS, 5)
    second = causal_lm(workspace / "two", seed=4)
    hub.add("org/tiny", second)
    assert native_answers(second, None, PROMPTS, 5) != wanted, "the branch has another model"
    assert loaded(model, workspace) == [wanted, wanted]


def test_mlflows_own_reference_loads_another_commit(workspace: Path, hub: Hub, first: Path) -> None:
    """What plain ``save_pretrained=False`` does when the branch moves before it is saved."""
    commit = hub.add("org/tiny", first)
    pinned = f"transformers.pipeline('text-generation', model='org/tiny', revision={commit!r})"
    isolated(f"import transformers; {pinned}; answer(0)", workspace)  # what it was proven on
    hub.add("org/tiny", causal_lm(workspace / "two", seed=4))
    code = f"""
import mlflow.transformers, transformers
mlflow.transformers.save_model(
    {pinned}, "plain", save_pretrained=False, pip_requirements=["mlflow"]
)
found = mlflow.transformers.load_model("plain")
answer([found(p, max_new_tokens=5, do_sample=False)[0]["generated_text"] for p in {PROMPTS!r}])
"""
    said = isolated(code, workspace)
    flavor = yaml.safe_load((workspace / "plain" / "MLmodel").read_text())["flavors"]
    assert flavor["transformers"]["source_model_revision"] != commit
    assert [text.strip() for text in said] != native_answers(first, None, PROMPTS, 5)


def test_a_reference_runs_from_the_cache_alone(
    cli: Cli, workspace: Path, hub: Hub, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/tiny", first)
    recipe = {"source": {"kind": "hub", "repo": "org/tiny"}, "save_pretrained": False}
    done, model, _ = run(cli, workspace, recipe)
    assert done.code == 0, done.stderr
    hub.broken = 503
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    wanted = native_answers(first, None, PROMPTS, 5)
    assert loaded(model, workspace) == [wanted, wanted]


def test_weights_that_cannot_be_had_are_said_plainly(
    cli: Cli, workspace: Path, hub: Hub, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/tiny", first)
    recipe = {"source": {"kind": "hub", "repo": "org/tiny"}, "save_pretrained": False}
    _, model, _ = run(cli, workspace, recipe)
    leave_hub(monkeypatch)
    code = f"""
try:
    mlflow.pyfunc.load_model({str(model)!r})
except mlflow.MlflowException as error:
    answer(str(error))
"""
    said = isolated(code, workspace)
    assert "the weights are not in the model, and org/tiny cannot be read" in said
    assert "persist" in said


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        ({"source": {"kind": "local", "path": "."}}, "reference-needs-hub"),
        ({"source": {"kind": "hub", "repo": "a/b"}, "load": {"tokenizer": {"pad_token": "x"}}},
         "reference-loses"),
        ({"source": {"kind": "hub", "repo": "a/b"},
          "components": {"tokenizer": {"kind": "local", "path": "."}}}, "reference-loses"),
    ],
)  # fmt: skip
def test_what_cannot_be_referenced_is_a_finding(
    cli: Cli, workspace: Path, recipe: dict[str, Any], code: str
) -> None:
    for name in ("config.json", "tokenizer_config.json"):
        (workspace / name).write_text("{}")
    whole = {"task": "text-generation", "save_pretrained": False, **recipe}
    (workspace / "case.yaml").write_text(yaml.safe_dump(whole))
    done = cli("validate", "case.yaml", "--output", "json")
    assert done.code == 2
    assert code in [finding["code"] for finding in done.document["findings"]]
