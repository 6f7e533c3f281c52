"""Weights quantised by the recipe: once, on disk, proven, and loaded where the runner is not."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.machine.libraries import installed
from tests import quantised
from tests.checkpoints import causal_lm
from tests.conftest import Outcome
from tests.isolated import isolated

Cli = Callable[..., Outcome]
INPUTS = ["My dog", "hello there"]
INT8 = {"method": "torchao-int8"}
ASK = """
import mlflow.transformers
path = {path!r}
pipeline = mlflow.transformers.load_model(path)
native = [pipeline(p, max_new_tokens=8, do_sample=False)[0]["generated_text"] for p in {inputs!r}]
layer = pipeline.model.{body}.layers[0].mlp.up_proj.weight
answer([native, list(mlflow.pyfunc.load_model(path).predict({inputs!r})), type(layer).__name__])
"""


def write(**recipe: Any) -> None:
    """Write case.yaml, a recipe of the Llama in `plain`."""
    whole = {
        "task": "text-generation",
        "source": {"kind": "local", "path": "plain"},
        "model_config": {"max_new_tokens": 8, "do_sample": False},
        "evaluation": {"inputs": INPUTS, "views": ["source", "native", "pyfunc"]},
        **recipe,
    }
    Path("case.yaml").write_text(yaml.safe_dump(whole))


def run(cli: Cli, *arguments: str) -> Outcome:
    return cli("run", "+recipe=case.yaml", "tracking.uri=null", *arguments)


def asked(model: Path, workspace: Path, body: str = "model") -> Any:
    """Give what plain MLflow answers natively and as pyfunc, and of what type a weight is."""
    code = ASK.format(path=str(model), inputs=INPUTS, body=body)
    return isolated(code, workspace)


def hashes(model: Path) -> dict[str, str]:
    files = [file for file in (model / "model").iterdir() if file.is_file()]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_weights_are_stored_in_eight_bits_and_answer_as_transformers_quantises_them(
    workspace: Path, cli: Cli
) -> None:
    from torchao.quantization import Int8WeightOnlyConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TorchAoConfig, pipeline

    plain = quantised.plain(workspace / "plain")
    write(quantize=INT8)
    planned = cli("plan", "+recipe=case.yaml", "--output", "json").document
    done = run(cli)
    assert done.code == 0, done.stderr
    point = workspace / "outputs" / "case" / "default"
    record = json.loads((point / "record.json").read_text())

    held = {c["view"]: c["outcome"] for c in record["checks"] if c["name"] == "source"}
    assert held == {"native": "passed", "pyfunc": "passed"}
    (weights,) = (f for f in (point / "model/model").iterdir() if "model" in f.stem)
    full = (plain / quantised.WEIGHTS).stat().st_size
    assert weights.stat().st_size < 0.7 * full
    planned_bytes = planned["model"]["bytes"]
    assert planned_bytes == record["weight_bytes"] == planned["model"]["memory"]["torchao-int8"]
    assert planned_bytes == pytest.approx(weights.stat().st_size, rel=0.05)
    assert f"torchao=={installed('torchao')}" in record["requirements"] == planned["requirements"]

    config = TorchAoConfig(quant_type=Int8WeightOnlyConfig(version=2))
    theirs = pipeline(
        "text-generation",
        model=AutoModelForCausalLM.from_pretrained(plain, quantization_config=config),
        tokenizer=AutoTokenizer.from_pretrained(plain),
    )
    wanted = [theirs(p, max_new_tokens=8, do_sample=False)[0]["generated_text"] for p in INPUTS]
    native, pyfunc, layer = asked(point / "model", workspace)
    assert native == wanted
    assert [text.strip() for text in pyfunc] == [text.strip() for text in wanted]
    assert layer not in ("Parameter", "Tensor")

    first = hashes(point / "model")
    assert run(cli).code == 0
    assert hashes(point / "model") == first  # the same recipe, the same bytes


def test_a_sweep_over_quantisation_is_a_sweep(workspace: Path, cli: Cli) -> None:
    quantised.plain(workspace / "plain")
    write()
    done = cli(
        "-m", "+recipe=case.yaml", "quantize=null,{method:torchao-int8}", "tracking.uri=null"
    )
    assert done.code == 0, done.stderr
    records = [json.loads(f.read_text()) for f in workspace.glob("multirun/**/record.json")]
    sizes = sorted(record["model_bytes"] for record in records)
    assert len(sizes) == 2
    assert sizes[0] < 0.8 * sizes[1]


def test_an_adapter_lies_beside_a_quantised_base(workspace: Path, cli: Cli) -> None:
    plain = quantised.plain(workspace / "plain")
    quantised.lora(plain, workspace / "adapter")
    write(quantize=INT8, adapter={"kind": "local", "path": "adapter"})
    done = run(cli)
    assert done.code == 0, done.stderr
    model = workspace / "outputs" / "case" / "default" / "model"
    native, pyfunc, layer = asked(model, workspace, "base_model.model.model")
    assert [t.strip() for t in native] == [t.strip() for t in pyfunc]
    assert layer not in ("Parameter", "Tensor")
    write(quantize=INT8)
    assert run(cli).code == 0
    assert asked(model, workspace)[0] != native


def test_what_the_recipe_skips_stays_in_full(workspace: Path, cli: Cli) -> None:
    quantised.plain(workspace / "plain")
    write(quantize={**INT8, "skip": ["up_proj"]})
    assert run(cli).code == 0
    model = workspace / "outputs" / "case" / "default" / "model"
    _, _, layer = asked(model, workspace)
    assert layer == "Parameter"
    write(quantize={**INT8, "skip": ["up_prjo"]})
    done = run(cli)
    assert done.code == 3
    assert "`quantize.skip` names up_prjo" in done.stderr


@pytest.mark.parametrize("verb", ["run", "plan", "rehearse"])
def test_a_model_with_nothing_to_quantise_is_refused(workspace: Path, cli: Cli, verb: str) -> None:
    """The layers of GPT-2 are no linear ones: torchao would leave them all, without a word."""
    causal_lm(workspace / "plain")
    write(quantize=INT8)
    done = cli(verb, "+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 3, done.stderr
    assert "has no layer that torchao-int8 quantises" in done.stderr


@pytest.mark.parametrize("method", ["bitsandbytes-nf4", "bitsandbytes-int8"])
def test_a_package_that_is_missing_is_named_before_anything_is_saved(
    workspace: Path, cli: Cli, method: str
) -> None:
    quantised.plain(workspace / "plain")
    write(quantize={"method": method})
    if installed("bitsandbytes"):
        assert run(cli).code == 0
        return
    for verb in ("run", "rehearse"):
        done = cli(verb, "+recipe=case.yaml", "tracking.uri=null")
        assert done.code == 3, done.stderr
        assert "bitsandbytes is not installed" in done.stderr
    assert not list(workspace.glob("outputs/**/MLmodel"))
    planned = cli("plan", "+recipe=case.yaml", "--output", "json").document["model"]
    assert "(not installed: bitsandbytes)" in planned["needs"]


@pytest.mark.parametrize(
    "beside",
    [
        {"save_pretrained": False},
        {"merge": True, "adapter": {"kind": "local", "path": "plain"}},
        {"dtype": "float64"},
        {"source": {"kind": "local", "path": "plain", "file": "x.gguf"}},
    ],
    ids=["reference", "merge", "float64", "gguf"],
)
def test_what_cannot_stand_beside_it_is_a_finding(
    workspace: Path, cli: Cli, beside: dict[str, Any]
) -> None:
    (workspace / "plain").mkdir()
    write(quantize=INT8, **beside)
    done = cli("validate", "case.yaml", "--format", "json")
    assert done.code == 2
    assert "bad-quantize" in {finding["code"] for finding in done.document["findings"]}


def test_weights_are_not_quantised_twice(workspace: Path, cli: Cli) -> None:
    quantised.fp8(workspace / "plain")
    write(quantize=INT8)
    done = cli("validate", "case.yaml", "--format", "json")
    found = {f["code"]: f["message"] for f in done.document["findings"]}
    assert "`quantize`" in found["quantised-stays"]


def test_dtype_is_that_of_what_is_not_quantised(workspace: Path, cli: Cli) -> None:
    quantised.plain(workspace / "plain")
    write(quantize=INT8, dtype="bfloat16")
    assert run(cli).code == 0
    model = workspace / "outputs" / "case" / "default" / "model" / "model"
    config = json.loads((model / "config.json").read_text())
    assert config["dtype"] == "bfloat16"
    assert config["quantization_config"]["quant_method"] == "torchao"
