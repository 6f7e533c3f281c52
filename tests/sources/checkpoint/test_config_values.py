"""Sizes and counts that no model can have are found in the text of a configuration."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.sources.checkpoint.config_values import impossible_settings, impossible_values
from runner.sources.checkpoint.folder import check_folder
from tests.checkpoints import causal_lm
from tests.conftest import Outcome
from tests.layouts import saying, with_tensors

Cli = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"vocab_size": -1}, "vocab_size"),
        ({"n_head": 0}, "n_head"),
        ({"num_attention_heads": "four"}, "num_attention_heads"),
        ({"num_hidden_layers": True}, "num_hidden_layers"),
        ({"n_layer": 1e9}, "n_layer"),
        ({"hidden_sizes": [1], "hidden_size": [32, -1]}, "hidden_size"),
        ({"text_config": {"d_model": 0}}, "text_config.d_model"),
        ({"id2label": {"0": "a", "2": "c"}}, "id2label"),
        ({"id2label": ["a"]}, "id2label"),
        ({"id2label": {str(number): "a" for number in range(100_001)}}, "id2label"),
        ({"num_labels": 10**9}, "num_labels"),
        ({"n_layer": 999}, "n_layer"),
        ({"num_beams": 100_000}, "num_beams"),
    ],
)
def test_what_no_model_can_have_is_found(values: dict[str, Any], key: str) -> None:
    assert [found for found, _ in impossible_values(values)] == [key]


@pytest.mark.parametrize(
    "values",
    [
        {"type_vocab_size": 0, "num_hidden_layers": 0, "num_experts": 0},
        {"num_hidden_layers": {"vision": 5}, "pruned_heads": {}, "image_size": [224, 224]},
        {"n_inner": None, "hidden_size": 32.0, "use_head": False, "patch_size": [[1, 2], [2, 2]]},
        {"id2label": {"1": "b", "0": "a"}},
    ],
)
def test_what_models_do_have_is_not(values: dict[str, Any]) -> None:
    assert list(impossible_values(values)) == []


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"num_beams": 0}, ["num_beams"]),
        ({"repetition_penalty": 0, "temperature": 0}, ["repetition_penalty"]),
        ({"do_sample": "false", "max_length": "20"}, ["max_length", "do_sample"]),
        ({"eos_token_id": "</s>"}, ["eos_token_id"]),
        ({"eos_token_id": [1, 2], "early_stopping": "never", "stop_strings": "x"}, []),
        ({"top_k": None, "cache_implementation": "static", "transformers_version": "4.0"}, []),
    ],
)
def test_settings_that_no_text_can_be_generated_with_are_found(
    settings: dict[str, Any], wrong: list[str]
) -> None:
    assert [found for found, _ in impossible_settings(settings)] == wrong


@pytest.mark.slow
def test_no_configuration_of_transformers_has_impossible_values() -> None:
    from transformers import CONFIG_MAPPING

    found: dict[str, list[tuple[str, str]]] = {}
    tried = 0
    for name in CONFIG_MAPPING:
        try:
            usual = CONFIG_MAPPING[name]().to_dict()
        except Exception:  # made of others, of a library or of the hub: not of its own  # noqa: S112
            continue
        tried += 1
        if wrong := list(impossible_values(json.loads(json.dumps(usual, default=str)))):
            found[name] = wrong
    assert tried > 300
    assert found == {}


def test_validate_finds_it_and_a_run_says_the_source_is_at_fault(cli: Cli, workspace: Path) -> None:
    folder = saying(causal_lm(workspace / "gpt2"), workspace / "broken", vocab_size=-1)
    source = {"kind": "local", "path": str(folder)}
    (workspace / "case.yaml").write_text(
        yaml.safe_dump({"task": "text-generation", "source": source})
    )
    found = cli("validate", "case.yaml")
    assert found.code == 2
    assert "case.yaml:3:3 error[impossible-config]" in found.stdout
    for verb in (("plan",), ()):
        done = cli(*verb, "+recipe=case.yaml", "tracking.uri=null")
        assert done.code == 3, done.stderr
        assert f"{folder / 'config.json'}: `vocab_size` is -1" in done.stderr


def test_a_search_of_beams_without_end_is_found_before_it_begins(cli: Cli, workspace: Path) -> None:
    folder = causal_lm(workspace / "gpt2")
    (folder / "generation_config.json").write_text('{"num_beams": 100000, "max_new_tokens": 1}')
    recipe = {"task": "text-generation", "source": {"kind": "local", "path": str(folder)}}
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("rehearse", "+recipe=case.yaml")
    assert done.code == 3, done.stderr
    assert f"{folder / 'generation_config.json'}: `num_beams` is 100000" in done.stderr


def test_plan_and_record_tell_of_tensors_that_nothing_uses(cli: Cli, workspace: Path) -> None:
    import torch

    first = causal_lm(workspace / "gpt2")
    folder = with_tensors(first, workspace / "more", value_head__weight=torch.ones(1, 32))
    recipe = {"task": "text-generation", "source": {"kind": "local", "path": str(folder)}}
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    planned = cli("plan", "+recipe=case.yaml", "--output", "json").document
    assert "value_head.weight" in planned["notes"][0]
    shown = cli("plan", "+recipe=case.yaml")
    assert "value_head.weight" in shown.stdout
    done = cli("+recipe=case.yaml", "tracking.uri=null", "evaluation.views=[]")
    assert "value_head.weight" in done.stderr
    (file,) = (workspace / "outputs").rglob("record.json")
    record = json.loads(file.read_text())
    assert record["notes"] == planned["notes"]


def test_weights_that_are_not_there_take_no_memory(workspace: Path) -> None:
    import torch
    from transformers import AutoConfig, GPT2LMHeadModel

    from runner.packaging.meta import model_on_meta
    from runner.sources import Checkpoint
    from runner.sources.checkpoint.own_form import stored_tensors

    folder = saying(causal_lm(workspace / "gpt2"), workspace / "other", vocab_size=700, n_layer=3)
    config, checkpoint = AutoConfig.from_pretrained(folder), Checkpoint(folder, "local", "other")
    tensors = stored_tensors(folder)
    model, report = model_on_meta(GPT2LMHeadModel, config, checkpoint, tensors, torch.float32, {})
    assert report["missing_keys"]
    assert report["mismatched_keys"]
    assert {weight.device.type for weight in model.parameters()} == {"meta"}


def test_more_layers_than_the_weights_have_tensors_are_refused_before_a_model_is_built(
    workspace: Path,
) -> None:
    folder = saying(causal_lm(workspace / "gpt2"), workspace / "deep", n_layer=500)
    (finding,) = check_folder(folder, None)
    assert finding.code == "impossible-config"
    assert "`n_layer` is 500, and the weights have" in finding.message
    assert list(check_folder(workspace / "gpt2", None)) == []
