"""``kind: mlflow``: a model packaged anew under another recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
import yaml
from safetensors.torch import load_file

from tests.conftest import Outcome

Cli = Callable[..., Outcome]
GPT2 = {
    "task": "text-generation",
    "source": {"kind": "scratch", "architecture": "gpt2"},
    "model_config": {"max_new_tokens": 4, "do_sample": False},
}


def make(cli: Cli, workspace: Path, name: str, recipe: dict[str, Any], *more: str) -> Path:
    """Run a recipe; give the model's folder."""
    (workspace / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    done = cli(f"+recipe={name}.yaml", *(more or ("tracking.uri=null",)))
    assert done.code == 0, done.stderr
    return workspace / "outputs" / name / "default" / "model"


@pytest.mark.parametrize("how", ["path", "registered", "run"])
def test_a_model_gets_another_dtype_and_template(cli: Cli, workspace: Path, how: str) -> None:
    uri = f"sqlite:///{workspace}/mlflow.db"
    tracking = {"tracking": {"register_as": "assistant"}}
    first = make(cli, workspace, "first", {**GPT2, **tracking}, f"tracking.uri={uri}")
    version = mlflow.MlflowClient(uri, uri).get_model_version("assistant", "1")
    named = {
        "path": "outputs/first/default/model",
        "registered": "models:/assistant/1",
        "run": f"runs:/{version.run_id}/model",
    }
    again = {
        **GPT2,
        "source": {"kind": "mlflow", "uri": named[how]},
        "dtype": "bfloat16",
        "prompt_template": "Q: {prompt} A:",
    }
    second = make(cli, workspace, "second", again, f"tracking.uri={uri}")
    before = load_file(first / "model" / "model.safetensors")
    after = load_file(second / "model" / "model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[k].to(torch.bfloat16), after[k]) for k in before)
    model = mlflow.pyfunc.load_model(str(second))
    assert model.metadata.metadata["prompt_template"] == "Q: {prompt} A:"
    assert len(model.predict(["a", "b"])) == 2


def test_a_path_that_is_no_model_is_a_finding(cli: Cli, workspace: Path) -> None:
    recipe = {**GPT2, "source": {"kind": "mlflow", "uri": "nowhere"}}
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("validate", "case.yaml", "--output", "json")
    assert done.code == 2
    assert [f["code"] for f in done.document["findings"]] == ["source-missing"]


@pytest.mark.parametrize("uri", ["models:/nobody/7", "runs:/0123456789abcdef/model"])
def test_a_model_that_no_server_knows_is_a_source_error(
    cli: Cli, workspace: Path, uri: str
) -> None:
    recipe = {**GPT2, "source": {"kind": "mlflow", "uri": uri}}
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml")
    assert done.code == 3
    assert "is not known to" in done.stderr
