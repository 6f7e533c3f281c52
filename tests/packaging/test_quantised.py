"""Weights that come quantised are stored as they are, proven where they load, else refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from runner.errors import SourceError
from runner.packaging.quantised import quantised_source
from runner.sources import Checkpoint
from runner.sources.checkpoint.quantisation import METHODS, quantisation_of
from runner.upstream.quantizers import joins_parts_of_torchao, methods
from tests import quantised
from tests.conftest import REPOSITORY, Outcome
from tests.isolated import isolated

Cli = Callable[..., Outcome]
INPUTS = ["My dog", "hello there"]
ASK = """
import mlflow.transformers
path = {path!r}
pipeline = mlflow.transformers.load_model(path)
native = [pipeline(p, max_new_tokens=8, do_sample=False)[0]["generated_text"] for p in {inputs!r}]
answer([native, list(mlflow.pyfunc.load_model(path).predict({inputs!r}))])
"""
PACKED = {
    "gptq": quantised.gptq,
    "awq": quantised.awq,
    "bitsandbytes_4bit": quantised.bitsandbytes_4bit,
    "bitsandbytes_8bit": quantised.bitsandbytes_8bit,
    "compressed-tensors": quantised.compressed_tensors,
    "fp8": quantised.fp8,
}
"""Checkpoints that load only with a package or a device that few machines have."""


def written(folder: Path, **recipe: Any) -> None:
    """Write case.yaml, a recipe of the checkpoint in a folder."""
    whole = {
        "task": "text-generation",
        "source": {"kind": "local", "path": str(folder)},
        "model_config": {"max_new_tokens": 8, "do_sample": False},
        "evaluation": {"inputs": INPUTS, "views": ["source", "native", "pyfunc", "server"]},
        **recipe,
    }
    Path("case.yaml").write_text(yaml.safe_dump(whole))


def runs_here(name: str) -> bool:
    method = METHODS[name]
    return not method.missing and (torch.cuda.is_available() or not method.gpu)


def test_mxfp4_is_stored_as_it_is_and_answers_as_its_source(workspace: Path, cli: Cli) -> None:
    from transformers import pipeline

    source = quantised.mxfp4(workspace / "gpt-oss")
    written(source)
    done = cli("run", "+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr

    point = workspace / "outputs" / "case" / "default"
    checks = json.loads((point / "record.json").read_text())["checks"]
    held = {c["view"]: c["outcome"] for c in checks if c["name"] == "source"}
    assert held["native"] == held["pyfunc"] == "passed"
    for name in ("config.json", quantised.WEIGHTS):
        assert (point / "model/model" / name).read_bytes() == (source / name).read_bytes(), name

    theirs = pipeline("text-generation", model=str(source), dtype="auto")
    wanted = [theirs(p, max_new_tokens=8, do_sample=False)[0]["generated_text"] for p in INPUTS]
    native, pyfunc = isolated(ASK.format(path=str(point / "model"), inputs=INPUTS), workspace)
    assert native == wanted
    assert [text.strip() for text in pyfunc] == [text.strip() for text in wanted]


def test_mxfp4_can_be_planned_and_rehearsed(workspace: Path, cli: Cli) -> None:
    source = quantised.mxfp4(workspace / "gpt-oss")
    written(source)
    model = cli("plan", "+recipe=case.yaml", "--output", "json").document["model"]
    stored = sum(
        t.numel() * t.element_size() for t in load_file(source / "model.safetensors").values()
    )
    assert (model["quantised"], model["bytes"]) == ("mxfp4", stored)
    assert model["memory"]["mxfp4"] == stored < model["memory"]["bfloat16"]
    assert "a GPU or a CPU, where they take bfloat16" in model["needs"]
    done = cli("rehearse", "+recipe=case.yaml")
    assert done.code == 0, done.stderr
    assert "the quantised weights" in done.stdout + done.stderr


@pytest.mark.parametrize("name", PACKED)
def test_what_cannot_be_loaded_here_is_refused_before_anything_is_saved(
    workspace: Path, cli: Cli, name: str
) -> None:
    written(PACKED[name](workspace / "packed"))
    model = cli("plan", "+recipe=case.yaml", "--output", "json").document["model"]
    assert (model["quantised"], model["class"]) == (name, "LlamaForCausalLM")
    assert model["bytes"] == _weights_in(workspace / "packed")
    if runs_here(name):
        pytest.skip(f"{name} can be loaded here")
    lacking = METHODS[name].missing or ["GPU"]
    for verb in ("run", "rehearse"):
        done = cli(verb, "+recipe=case.yaml", "tracking.uri=null")
        assert done.code == 3, done.stderr
        assert f"quantised ({name}) and cannot be loaded" in done.stderr
        assert all(one in done.stderr for one in lacking)
    assert not list(workspace.glob("outputs/**/MLmodel"))


def test_parts_that_transformers_does_not_put_together_are_refused_by_plan(
    workspace: Path, cli: Cli
) -> None:
    if joins_parts_of_torchao():
        pytest.skip("this transformers puts them together")
    written(quantised.torchao_float8(workspace / "packed"))
    done = cli("plan", "+recipe=case.yaml")
    assert done.code == 3, done.stderr
    assert "does not put together" in done.stderr
    assert "._weight_qdata" in done.stderr


def _weights_in(folder: Path) -> int:
    tensors = load_file(folder / quantised.WEIGHTS).values()
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.mark.parametrize("name", PACKED)
def test_a_layer_without_weights_is_missed_though_the_others_are_packed(
    workspace: Path, cli: Cli, name: str
) -> None:
    folder = PACKED[name](workspace / "packed")
    kept = {
        key: tensor
        for key, tensor in load_file(folder / quantised.WEIGHTS).items()
        if "layers.1.mlp.up_proj" not in key
    }
    save_file(kept, folder / quantised.WEIGHTS, {"format": "pt"})
    written(folder)
    done = cli("plan", "+recipe=case.yaml")
    assert done.code == 3
    assert "has no weights for model.layers.1.mlp.up_proj.weight" in done.stderr


def test_weights_that_say_they_are_quantised_and_are_of_another_model(
    workspace: Path, cli: Cli
) -> None:
    folder = quantised.gptq(workspace / "packed")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 77}))
    written(folder)
    done = cli("plan", "+recipe=case.yaml")
    assert done.code == 3
    assert "do not fit its config.json" in done.stderr


def test_a_method_that_is_not_known_is_refused(workspace: Path, cli: Cli) -> None:
    folder = quantised.declare(quantised.plain(workspace / "packed"), {"quant_method": "squeeze"})
    written(folder)
    checked = cli("validate", "case.yaml")
    assert checked.code == 2
    assert "quantisation-unknown" in checked.stdout + checked.stderr
    for verb in ("run", "rehearse", "plan"):
        assert cli(verb, "+recipe=case.yaml").code == 2
    with pytest.raises(SourceError, match="would load random numbers"):  # where only a hub knows
        quantised_source(Checkpoint(folder, "hub", "org/name"))


@pytest.mark.parametrize(
    ("field", "value"), [("dtype", "float64"), ("max_shard_size", "1MB"), ("merge", True)]
)
def test_what_would_change_the_weights_is_a_finding(
    workspace: Path, cli: Cli, field: str, value: object
) -> None:
    written(quantised.mxfp4(workspace / "gpt-oss"), **{field: value})
    done = cli("validate", "case.yaml", "--format", "json")
    found = {f["code"]: f for f in done.document["findings"]}
    assert found["quantised-stays"]["severity"] == "error"
    assert f"`{field}`" in found["quantised-stays"]["message"]


def test_validate_names_method_package_and_device(workspace: Path, cli: Cli) -> None:
    written(quantised.fp8(workspace / "packed"))
    (note,) = cli("validate", "case.yaml", "--format", "json").document["findings"]
    assert (note["code"], note["severity"]) == ("quantised-source", "note")
    assert "(fp8): loading them takes a GPU" in note["message"]
    written(quantised.gptq(workspace / "gptq"))
    (warning,) = cli("validate", "case.yaml", "--format", "json").document["findings"]
    assert "gptqmodel or auto-gptq" in warning["message"]
    assert (warning["severity"] == "warning") is bool(METHODS["gptq"].missing)


def test_every_method_of_transformers_is_known() -> None:
    """A method that a new transformers brings is refused until its needs are known here."""
    from packaging.version import Version
    from transformers import __version__

    if Version(__version__).major < 5:
        assert methods() == METHODS.keys()


def test_the_documents_have_what_each_method_takes() -> None:
    text = (REPOSITORY / "docs" / "quantisation.md").read_text(encoding="utf-8")
    for name, method in METHODS.items():
        packages = ", ".join(" or ".join(f"`{p}`" for p in group) for group in method.needs)
        widened = f" (as {method.widens_to})" if method.widens_to else ""
        where = "GPU" if method.gpu else f"GPU, CPU{widened}"
        assert f"| `{name}` | {packages or '–'} | {where} |" in text


def test_the_method_is_read_as_transformers_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert quantisation_of(folder) is None
    cases = [
        ({"load_in_8bit": True}, "bitsandbytes_8bit", 8),
        ({"quant_method": "gptq", "bits": 3}, "gptq", 3),
        ({"quant_method": "hqq", "quant_config": {"weight_quant_params": {"nbits": 2}}}, "hqq", 2),
    ]
    for block, name, bits in cases:
        quantised.declare(folder, block)
        found = quantisation_of(folder)
        assert found is not None
        assert (found.name, found.bits) == (name, bits)
    (folder / "config.json").write_text(json.dumps({"text_config": {"quantization_config": block}}))
    assert quantisation_of(folder) is not None
