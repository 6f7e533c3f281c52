"""Models without a pipeline: stored whole, loaded as parts by plain MLflow, answering alike."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.transformers
import pytest
import torch
import transformers
import yaml
from mlflow.exceptions import MlflowException
from safetensors.torch import load_file, save_file

from runner.evaluation.proof import prove
from runner.evaluation.source import Origin
from runner.recipe.compose import compose
from runner.sources import Checkpoint
from tests.conftest import Outcome
from tests.isolated import isolated
from tests.layouts import saying

Cli = Callable[..., Outcome]
FORECASTER = {"prediction_length": 4, "context_length": 8, "lags_sequence": [1, 2], "d_model": 16,
              "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16,
              "decoder_ffn_dim": 16, "num_time_features": 1}  # fmt: skip
SMALL = {"hidden_size": 16, "num_attention_heads": 2}
MODELS: list[tuple[str, str, dict[str, Any]]] = [
    ("TimeSeriesTransformerForPrediction", "TimeSeriesTransformerConfig", FORECASTER),
    ("DecisionTransformerModel", "DecisionTransformerConfig",
     {**SMALL, "n_layer": 1, "n_head": 2, "state_dim": 3, "act_dim": 2}),
    ("GraphormerForGraphClassification", "GraphormerConfig",
     {"embedding_dim": 16, "hidden_size": 16, "ffn_embedding_dim": 16, "num_attention_heads": 2,
      "num_hidden_layers": 1, "num_atoms": 20, "num_edges": 20}),
    ("PatchTSTForPrediction", "PatchTSTConfig",
     {"context_length": 32, "patch_length": 8, "patch_stride": 8, "d_model": 16, "ffn_dim": 16,
      "num_hidden_layers": 1, "num_attention_heads": 2, "prediction_length": 4}),
    ("BertForNextSentencePrediction", "BertConfig",
     {**SMALL, "num_hidden_layers": 1, "intermediate_size": 16, "vocab_size": 50}),
]  # fmt: skip
TOKENS = {"input_ids": [[2, 7, 9, 3]], "attention_mask": [[1, 1, 1, 1]]}
ASKED = """
import torch, transformers
parts = mlflow.transformers.load_model({model!r}, return_type="components")
plain = getattr(transformers, {kind!r}).from_pretrained({source!r}).eval()
given = {{name: torch.tensor(value) for name, value in {tokens!r}.items()}}
with torch.inference_mode():
    both = [one(**given).logits.tolist() for one in (parts["model"], plain)]
answer([sorted(parts), type(parts["model"]).__name__, both])
"""


def build(folder: Path, kind: str, config: str, fields: dict[str, Any]) -> Path:
    """Write a small random model of a class."""
    if not hasattr(transformers, kind):
        pytest.skip(f"transformers {transformers.__version__} has no {kind}")
    torch.manual_seed(0)
    model = getattr(transformers, kind)(getattr(transformers, config)(**fields))
    model.save_pretrained(folder)
    return folder


def write(source: Path, evaluation: dict[str, Any] | None = None, **more: Any) -> None:
    recipe = {"task": "native", "source": {"kind": "local", "path": str(source)}, **more}
    recipe["evaluation"] = {"views": ["source", "native"], **(evaluation or {})}
    Path("recipes").mkdir(exist_ok=True)
    Path("recipes/mine.yaml").write_text(yaml.safe_dump(recipe))


@pytest.mark.parametrize(("kind", "config", "fields"), MODELS, ids=lambda one: str(one)[:24])
def test_a_model_of_any_class_is_stored_and_answers_as_its_source(
    cli: Cli, workspace: Path, kind: str, config: str, fields: dict[str, Any]
) -> None:
    write(build(workspace / "source", kind, config, fields))
    done = cli("+recipe=mine", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr + done.stdout
    checks = {check["name"]: check["outcome"] for check in done.document["checks"]}
    assert checks == dict.fromkeys(("loads", "runs", "rows", "source"), "passed")
    flavors = yaml.safe_load((Path(done.document["model"]) / "MLmodel").read_text())["flavors"]
    assert set(flavors) == {"transformers"}
    assert flavors["transformers"]["pipeline_model_type"] == kind


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ([5], "BertModel"),
        (["pipeline", None, "BertConfig"], "BertModel"),
        ("BertForNextSentencePrediction", "BertForNextSentencePrediction"),
    ],
)
def test_what_names_no_class_is_passed_over(
    cli: Cli, workspace: Path, said: Any, kind: str
) -> None:
    source = build(workspace / "source", *MODELS[-1])
    write(saying(source, workspace / "says", architectures=said))
    done = cli("plan", "+recipe=mine", "--output", "json")
    assert done.code == 0, done.stderr
    assert done.document["model"]["class"] == kind


def test_plain_mlflow_loads_the_parts_and_has_no_other_way_to_store_them(
    cli: Cli, workspace: Path
) -> None:
    kind, config, fields = MODELS[-1]
    source = build(workspace / "source", kind, config, fields)
    vocabulary = {word: number for number, word in enumerate(["[UNK]", "[PAD]", "a", "b"])}
    (workspace / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizerFast(str(workspace / "vocab.txt")).save_pretrained(source)
    write(source, {"inputs": [TOKENS]})
    done = cli("+recipe=mine", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    model = done.document["model"]
    code = ASKED.format(model=model, kind=kind, source=str(source), tokens=TOKENS)
    names, loaded, (ours, plain) = isolated(code, workspace)
    assert {"model", "tokenizer"} <= set(names)
    assert loaded == kind
    assert ours == plain
    assert done.document["views"][0]["outputs"][0]["logits"]["head"] == pytest.approx(
        ours[0], abs=1e-5
    )
    with pytest.raises((MlflowException, KeyError)):
        mlflow.transformers.save_model(
            {"model": getattr(transformers, kind).from_pretrained(source)},
            str(workspace / "plain"),
            task="native",
        )


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_made_up_inputs_are_of_the_dtype_of_the_model(
    cli: Cli, workspace: Path, dtype: str
) -> None:
    write(build(workspace / "source", *MODELS[3]), dtype=dtype)
    done = cli("+recipe=mine", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stdout


def test_a_weight_that_is_another_is_found(cli: Cli, workspace: Path) -> None:
    source = build(workspace / "source", *MODELS[3])
    write(source)
    record = cli("+recipe=mine", "tracking.uri=null", "--output", "json").document
    file = Path(record["model"]) / "model" / "model.safetensors"
    tensors = load_file(file)
    changed = next(name for name in tensors if name.endswith("bias"))
    tensors[changed] += 0.01
    save_file(tensors, file, {"format": "pt"})
    origin = Origin({"model": Checkpoint(source, "local", "source")}, 0)
    recipe = compose(["+recipe=mine"]).recipe
    checks = prove(recipe, [{}], Path(record["model"]), "cpu", origin).checks
    (check,) = [check for check in checks if check.name == "source"]
    assert check.outcome.value == "failed"
    assert check.message.endswith(f"the weights differ in {changed}")


def test_an_input_that_the_model_does_not_take_fails_the_proof(cli: Cli, workspace: Path) -> None:
    write(build(workspace / "source", *MODELS[3]), {"inputs": [{"past": [[1.0]]}]})
    done = cli("+recipe=mine", "tracking.uri=null")
    assert done.code == 1
    told = r"failed native runs: predict raised TypeError: .*argument:? 'past(_values)?'"
    assert re.search(told, done.stderr), done.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"evaluation": {"inputs": ["a"]}}, 'is the text "a"; native takes a mapping of tensors'),
        ({"evaluation": {"inputs": [{"x": [[1], [1, 2]]}]}}, "has no tensor for `x`"),
        ({"evaluation": {"inputs": [{"x": "y"}]}}, "has no tensor for `x`"),
        ({"evaluation": {"views": ["native", "pyfunc"]}}, "it has no pyfunc to prove"),
        ({"params": {"top_k": 2}}, "is not an argument that native takes"),
        ({"prompt_template": "a {prompt}"}, "prompt_template"),
    ],
    ids=lambda one: json.dumps(one)[:30],
)
def test_what_such_a_model_cannot_take_is_found_in_the_text(
    cli: Cli, workspace: Path, more: dict[str, Any], said: str
) -> None:
    source = {"kind": "scratch", "architecture": "bert"}
    Path("mine.yaml").write_text(yaml.safe_dump({"task": "native", "source": source, **more}))
    done = cli("validate", "mine.yaml")
    assert done.code == 2
    assert said in done.stdout
