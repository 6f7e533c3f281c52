"""Small GPT-2s: packaged by a recipe, and asked by plain MLflow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.command import alone
from tests.conftest import Outcome
from tests.isolated import isolated

PROMPTS = ["My dog", "What is MLflow?"]
LOAD = """
import mlflow, mlflow.transformers
path = {path!r}
pyfunc = mlflow.pyfunc.load_model(path).predict({prompts!r})
pipeline = mlflow.transformers.load_model(path)
native = [pipeline(p, max_new_tokens=5, do_sample=False)[0]["generated_text"] for p in {prompts!r}]
answer([pyfunc, native])
"""
Cli = Callable[..., Outcome]


def run(cli: Cli, workspace: Path, recipe: dict[str, Any]) -> tuple[Outcome, Path, dict[str, Any]]:
    """Run a recipe; give the outcome, the model's folder and the record.

    In a process of its own where a hub is asked: its address is read at import.
    """
    whole = {
        "task": "text-generation",
        "model_config": {"max_new_tokens": 5, "do_sample": False},
        "evaluation": {"inputs": PROMPTS},
        **recipe,
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(whole))
    asked = ("+recipe=case.yaml", "tracking.uri=null")
    done = alone(workspace, *asked) if "repo" in str(recipe) else cli(*asked)
    point = workspace / "outputs" / "case" / "default"
    record = point / "record.json"
    return done, point / "model", json.loads(record.read_text()) if record.is_file() else {}


def weight_files(model: Path) -> list[str]:
    """The weight files of a base model inside a model."""
    found = [p for p in model.rglob("*.safetensors") if "peft" not in p.parts]
    return [str(p.relative_to(model)) for p in found]


def loaded(model: Path, workspace: Path) -> list[list[str]]:
    """Say what plain MLflow gives, as pyfunc and natively."""
    found = isolated(LOAD.format(path=str(model), prompts=PROMPTS), workspace)
    return [[text.strip() for text in side] for side in found]
