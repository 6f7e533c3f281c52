"""A text answers in a batch of others as it does alone, whatever adapter the model has."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
import yaml
from peft import PeftModel, PromptTuningConfig, get_peft_model
from transformers import AutoModelForSequenceClassification, pipeline

from tests.adapters import CONFIGS, LEARNT, native_answers, save_adapter
from tests.checkpoints import build, causal_lm
from tests.conftest import Outcome
from tests.pyfunc.test_requests import serving

Cli = Callable[..., Outcome]
TEXTS = ["My dog", "What is MLflow, and who needs it in the end?", "MLflow is great!", "a b"]


def packaged(cli: Cli, task: str, base: Path, adapter: Path, **more: Any) -> Any:
    sources = {
        name: {"kind": "local", "path": str(folder)}
        for name, folder in (("source", base), ("adapter", adapter))
    }
    evaluation = {"inputs": TEXTS, "views": ["source", "native", "pyfunc"]}
    recipe = {"task": task, **sources, "evaluation": evaluation, **more}
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr
    return mlflow.pyfunc.load_model("outputs/case/default/model")


@pytest.mark.parametrize("kind", [*CONFIGS, *LEARNT])
def test_texts_of_unequal_length_go_on_as_alone(cli: Cli, workspace: Path, kind: str) -> None:
    base = causal_lm(workspace / "base", initializer_range=1.0)
    adapter = save_adapter(kind, base, workspace / "adapter")
    short = {"max_new_tokens": 5, "do_sample": False}
    model = packaged(cli, "text-generation", base, adapter, model_config=short)
    alone = native_answers(base, adapter, TEXTS, new=5)
    assert alone != native_answers(base, None, TEXTS, new=5)
    assert model.predict(TEXTS) == alone
    assert [model.predict([text])[0] for text in TEXTS] == alone
    server = serving(model)
    assert next(server)(json.dumps({"inputs": TEXTS}))[1] == {"predictions": alone}
    next(server, None)


def test_texts_of_unequal_length_are_labelled_as_alone(cli: Cli, workspace: Path) -> None:
    config = {"initializer_range": 1.0}
    base = build(workspace / "base", "text-classification", "gpt2", config, ["NO", "YES"])
    model: Any = AutoModelForSequenceClassification.from_pretrained(base)
    torch.manual_seed(1)
    learnt = get_peft_model(model, PromptTuningConfig(num_virtual_tokens=4, task_type="SEQ_CLS"))
    with torch.no_grad():
        for name, parameter in learnt.named_parameters():
            if "prompt" in name:
                parameter.copy_(torch.randn_like(parameter))
    learnt.save_pretrained(workspace / "adapter")
    found = packaged(cli, "text-classification", base, workspace / "adapter").predict(TEXTS)
    label: Any = pipeline("text-classification", model=str(base))
    adapted = PeftModel.from_pretrained(label.model, str(workspace / "adapter"))
    label.model = adapted.eval()
    expected = [label(text)[0] for text in TEXTS]
    assert found["label"].tolist() == [one["label"] for one in expected]
    assert found["score"].tolist() == pytest.approx([one["score"] for one in expected], abs=1e-5)
