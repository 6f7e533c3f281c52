"""Checkpoints whose code comes with them: run where trusted, recorded, kept with the model."""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml

from runner.evaluation.own_example import example_for_saved
from runner.evaluation.tokens import tokens_of
from runner.tasks import get_task
from tests.checkpoints import classifier
from tests.command import alone
from tests.conftest import Outcome
from tests.hub_server import Hub
from tests.isolated import isolated

Cli = Callable[..., Outcome]

CONFIGURATION = """
from pathlib import Path
from transformers import PretrainedConfig
Path({mark!r}).touch()

class MeanConfig(PretrainedConfig):
    model_type = "mean-of-words"

    def __init__(self, vocab_size=64, hidden_size=8, **more):
        self.vocab_size, self.hidden_size = vocab_size, hidden_size
        super().__init__(**more)
"""
MODELING = """
import torch
import yaml
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput
from .configuration_mean import MeanConfig

class MeanForSequenceClassification(PreTrainedModel):
    config_class = MeanConfig

    def __init__(self, config):
        super().__init__(config)
        self.words = torch.nn.Embedding(config.vocab_size, config.hidden_size)
        self.head = torch.nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, input_ids, attention_mask=None, **_):
        mask = attention_mask.unsqueeze(-1)
        mean = (self.words(input_ids) * mask).sum(1) / mask.sum(1)
        return SequenceClassifierOutput(logits=self.head(mean))
"""


@pytest.fixture
def mark(workspace: Path) -> Path:
    """Appears when the checkpoint's code runs."""
    return workspace / "ran"


@pytest.fixture
def checkpoint(workspace: Path, mark: Path) -> Path:
    """A classifier that transformers does not know."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoTokenizer

    folder = classifier(workspace / "own-code")
    size = len(AutoTokenizer.from_pretrained(folder))
    torch.manual_seed(0)
    state = {
        "words.weight": torch.randn(size, 8),
        "head.weight": torch.randn(2, 8),
        "head.bias": torch.zeros(2),
    }
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    config = {
        "model_type": "mean-of-words",
        "architectures": ["MeanForSequenceClassification"],
        "auto_map": {
            "AutoConfig": "configuration_mean.MeanConfig",
            "AutoModelForSequenceClassification": "modeling_mean.MeanForSequenceClassification",
        },
        "vocab_size": size,
        "id2label": {"0": "NO", "1": "YES"},
        "label2id": {"NO": 0, "YES": 1},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "configuration_mean.py").write_text(CONFIGURATION.format(mark=str(mark)))
    (folder / "modeling_mean.py").write_text(MODELING)
    return folder


def packaged(run: Cli, workspace: Path, source: dict[str, Any], **more: Any) -> Outcome:
    recipe = {
        "task": "text-classification",
        "source": source,
        "evaluation": {"inputs": ["a good day", "rain"]},
        **more,
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return run("+recipe=case.yaml", "tracking.uri=null")


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_code_is_kept_and_recorded_and_plain_mlflow_loads_the_model(
    workspace: Path, checkpoint: Path, dtype: str
) -> None:
    source = {"kind": "local", "path": str(checkpoint)}
    process = partial(alone, workspace)
    done = packaged(process, workspace, source, trust_remote_code=True, dtype=dtype)
    assert done.code == 0, done.stderr
    point = workspace / "outputs" / "case" / "default"
    record = json.loads((point / "record.json").read_text())
    code = {f.name: digest(f) for f in checkpoint.glob("*.py")}
    assert record["sources"]["model"]["code"] == code
    kept = point / "model" / "model"
    assert {f.name: digest(f) for f in kept.glob("*.py")} == code
    assert any(line.startswith("PyYAML==") for line in record["requirements"]), "it imports yaml"
    found = isolated(
        f"""
import mlflow.transformers
path, rows = {str(point / "model")!r}, ["a good day", "rain"]
ours = mlflow.pyfunc.load_model(path).predict(rows)
native = mlflow.transformers.load_model(path)(rows)
answer([ours.to_dict(orient="records"), native, type(native).__name__])
""",
        workspace,
    )
    ours, native, kind = found
    assert kind == "list"
    assert [row["label"] for row in ours] == [row["label"] for row in native]
    assert [row["score"] for row in ours] == pytest.approx([row["score"] for row in native])


def test_code_that_is_not_trusted_does_not_run(
    cli: Cli, workspace: Path, checkpoint: Path, mark: Path
) -> None:
    done = packaged(cli, workspace, {"kind": "local", "path": str(checkpoint)})
    assert done.code == 3
    assert "trust_remote_code: true" in done.stderr
    assert not mark.exists()


def test_validating_a_recipe_that_trusts_runs_nothing(
    cli: Cli, workspace: Path, checkpoint: Path, mark: Path
) -> None:
    recipe = {
        "task": "text-classification",
        "source": {"kind": "local", "path": str(checkpoint)},
        "trust_remote_code": True,
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    assert cli("validate", "case.yaml").code == 0
    assert not mark.exists()


def test_a_rehearsal_runs_only_code_that_is_trusted(
    cli: Cli, workspace: Path, checkpoint: Path, mark: Path
) -> None:
    recipe = {
        "task": "text-classification",
        "source": {"kind": "local", "path": str(checkpoint)},
        "evaluation": {"views": ["pyfunc"]},
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    refused = cli("rehearse", "+recipe=case.yaml")
    assert refused.code == 3
    assert "trust_remote_code: true" in refused.stderr
    assert not mark.exists()
    (workspace / "case.yaml").write_text(yaml.safe_dump({**recipe, "trust_remote_code": True}))
    done = cli("rehearse", "+recipe=case.yaml")
    assert done.code == 0, done.stdout + done.stderr
    assert mark.exists()


def test_a_hub_model_needs_its_commit(workspace: Path, checkpoint: Path, hub: Hub) -> None:
    commit = hub.add("org/own", checkpoint)
    process = partial(alone, workspace)
    source = {"kind": "hub", "repo": "org/own", "revision": "main"}
    done = packaged(process, workspace, source, trust_remote_code=True)
    assert done.code == 2
    assert "case.yaml:5:3 error[unpinned-code]" in done.stderr
    done = packaged(process, workspace, source | {"revision": commit}, trust_remote_code=True)
    assert done.code == 0, done.stderr
    assert "modeling_mean.py" in hub.asked_for()


def test_code_of_another_repository_is_refused(
    cli: Cli, workspace: Path, checkpoint: Path, mark: Path
) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    config["auto_map"]["AutoConfig"] = "org/other--configuration_mean.MeanConfig"
    (checkpoint / "config.json").write_text(json.dumps(config))
    source = {"kind": "local", "path": str(checkpoint)}
    done = packaged(cli, workspace, source, trust_remote_code=True)
    assert done.code == 3
    assert "org/other, another repository" in done.stderr
    assert not mark.exists()


@pytest.mark.parametrize("name", ["tokenizer", "processor"])
def test_nobody_is_asked_whether_the_code_of_a_saved_model_may_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: "y")  # transformers asks on the terminal
    auto = {name: "planted.Planted" for name in ("AutoConfig", "AutoProcessor")}
    said = {"model_type": "planted", "auto_map": {**auto, "AutoTokenizer": ["planted.P", None]}}
    for folder in (workspace / "model", workspace / "components" / name):
        folder.mkdir(parents=True)
        for file in ("config.json", "tokenizer_config.json", "processor_config.json"):
            (folder / file).write_text(json.dumps(said))
        (folder / "planted.py").write_text(f"open({str(workspace / 'ran')!r}, 'w')\n")
    task = get_task("fill-mask")
    assert example_for_saved(task, workspace) == task.example
    with suppress(ValueError):
        tokens_of(workspace, get_task("text-generation"))
    assert not (workspace / "ran").exists()


def test_shipped_code_asks_nobody_whether_code_may_run(
    workspace: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    source = {"kind": "local", "path": str(classifier(workspace / "clf"))}
    assert packaged(cli, workspace, source, evaluation={"views": []}).code == 0
    model = workspace / "outputs" / "case" / "default" / "model"
    tokenizer = model / "components" / "tokenizer"
    said = {"tokenizer_class": "Planted", "auto_map": {"AutoTokenizer": ["planted.Planted", None]}}
    (tokenizer / "tokenizer_config.json").write_text(json.dumps(said))
    (tokenizer / "planted.py").write_text(f"open({str(workspace / 'ran')!r}, 'w')\n")
    description = model / "MLmodel"
    named = re.sub(r"^( +tokenizer: )\w+$", r"\1Planted", description.read_text(), flags=re.M)
    assert named != description.read_text()
    description.write_text(named)
    with suppress(Exception):
        mlflow.pyfunc.load_model(str(model))
    assert not (workspace / "ran").exists()
