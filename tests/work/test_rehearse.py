"""Every recipe on a twin: the shipped ones, and every task from a hub without weights."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.recipe.library import list_recipes
from runner.tasks import get_task
from tests.checkpoints import causal_lm
from tests.conftest import REPOSITORY, Outcome
from tests.served import Served, serving_cli

RECIPES = REPOSITORY / "recipes"
LONGEST = 60
Cli = Callable[..., Outcome]


def shipped(*kinds: str) -> list[str]:
    """Name the shipped recipes of some kinds of source whose libraries are here."""
    return [
        one.name
        for one in list_recipes()
        if one.values["source"]["kind"] in kinds and not one.errors
    ]


def full_size(name: str, folder: Path) -> Path:
    """Write configuration, tokenizer and processor of an architecture at its usual size."""
    from transformers import AutoConfig

    from runner.sources.scratch.source import make_component

    recipe = next(one.values for one in list_recipes() if one.name == name)
    architecture, task = recipe["source"]["architecture"], get_task(recipe["task"])
    letters = {"vocab_size": 512} if architecture == "vits" else {}
    config = AutoConfig.for_model(architecture, **letters)
    for component in task.components:
        made: Any = make_component(component, config, task)
        made.save_pretrained(str(folder))
    config.save_pretrained(str(folder))
    return folder


def seconds(found: dict[str, Any]) -> float:
    return sum(step["seconds"] for step in found["record"]["steps"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_cli(tmp_path_factory.mktemp("served")) as served:
        yield served


SIGNED: dict[str, dict[str, Any]] = {}
"""Signatures of real models, by recipe."""


def signature_of(cli: Cli, name: str) -> dict[str, Any]:
    """Sign the real model, once."""
    if name not in SIGNED:
        unproven = ("+evaluation.views=[]", "tracking.uri=null", "--output", "json")
        done = cli("run", f"+recipe={name}", *unproven)
        assert done.code == 0, done.stderr
        SIGNED[name] = done.document["signature"]
    return SIGNED[name]


@pytest.mark.parametrize("name", shipped("scratch", "package"))
def test_a_shipped_recipe_that_needs_no_hub(cli: Cli, name: str) -> None:
    done = cli("rehearse", f"+recipe={name}", "--output", "json")
    assert done.code == 0, done.stderr
    found = done.document
    views = {check["view"] for check in found["record"]["checks"]}
    task = get_task(name.partition("/")[0].replace("llm-v1-", "llm/v1/"))
    assert views >= ({"pyfunc", "server"} if task.extended else {"native"})
    assert seconds(found) < LONGEST
    as_small = found["parameters"] <= 2_000_000
    assert (found["twin_parameters"] == found["parameters"]) is as_small
    assert found["record"]["signature"] == signature_of(cli, name)


@pytest.mark.parametrize("name", shipped("scratch"))
def test_a_hub_recipe_of_every_task_without_its_weights(
    served: Served, cli: Cli, tmp_path: Path, name: str
) -> None:
    repo = f"org/{name.partition('/')[0]}"
    served.hub.add(repo, full_size(name, tmp_path / "repo"))
    served.hub.requests.clear()
    values = yaml.safe_load((RECIPES / f"{name}.yaml").read_text())
    write(yaml.safe_dump({**values, "source": {"kind": "hub", "repo": repo}}))
    done = served.cli("rehearse", "+recipe=chat/tiny", "--output", "json")
    assert done.code == 0, done.stderr + done.stdout
    found = done.document
    asked = served.hub.asked_for() + served.hub.asked_for("HEAD")
    assert "config.json" in asked
    assert [file for file in asked if file.endswith((".safetensors", ".bin", ".gguf"))] == []
    if found["parameters"] > 2_000_000:
        assert found["parameters"] > 10 * found["twin_parameters"] > 0
    assert found["record"]["sources"]["model"]["name"].startswith(repo)
    assert found["record"]["signature"] == signature_of(cli, name)
    assert seconds(found) < LONGEST


def write(text: str) -> None:
    file = Path("recipes/chat/tiny.yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_nothing_of_a_rehearsal_is_tracked_and_what_it_leaves_says_what_it_is(cli: Cli) -> None:
    write(
        "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
        "model_config: {max_new_tokens: 2}\ntracking: {register_as: never}\n"
        "evaluation: {inputs: [a, b, c, d, e, f, g, h, i], expect: [{contains: Paris}]}\n"
    )
    done = cli("rehearse", "+recipe=chat/tiny", "--output", "json")
    assert done.code == 0, done.stderr
    assert not Path("mlflow.db").exists()
    record = json.loads(Path("outputs/chat/tiny/default/rehearsal/record.json").read_text())
    assert record["verdict"] == "passed"
    assert [len(view["outputs"]) for view in record["views"]] == [8, 8, 8]
    said = " ".join(done.document["not_rehearsed"])
    assert "1 expectation: random weights meet none" in said
    assert "all 9 inputs: 8 were run" in said


def test_what_would_fail_in_the_run_fails_here(cli: Cli) -> None:
    write(
        "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
        "model_config: {max_new_tokens: 2, num_beams: 2, num_return_sequences: 5}\n"
    )
    done = cli("rehearse", "+recipe=chat/tiny")
    assert done.code == 1
    assert "✗ pyfunc runs: predict raised" in done.stdout
    assert "num_return_sequences" in done.stdout


def test_an_adapter_is_rehearsed_on_the_twin(cli: Cli, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = causal_lm(tmp_path / "base", n_embd=192, n_layer=8)
    config = LoraConfig(r=16, layers_to_transform=[6, 7], target_modules=["c_attn"])
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(
        tmp_path / "adapter"
    )
    write(
        "task: text-generation\nmodel_config: {max_new_tokens: 2}\n"
        f"source: {{kind: local, path: {base}}}\n"
        f"adapter: {{kind: local, path: {tmp_path / 'adapter'}}}\n"
    )
    done = cli("rehearse", "+recipe=chat/tiny", "--output", "json")
    assert done.code == 0, done.stderr + done.stdout
    assert done.document["twin_parameters"] < done.document["parameters"]
    peft = Path("outputs/chat/tiny/default/rehearsal/model/peft/adapter_config.json")
    assert json.loads(peft.read_text())["r"] == 4
    of_others = LoraConfig(r=2, target_modules=["q_proj"])
    kept = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    kept["target_modules"] = sorted(of_others.target_modules or [])
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps(kept))
    refused = cli("rehearse", "+recipe=chat/tiny")
    assert refused.code == 3
    assert "does not fit the base model" in refused.stderr


def test_a_repository_without_a_tokenizer_is_refused_as_the_run_would(
    served: Served, tmp_path: Path
) -> None:
    folder = full_size("text-generation/scratch", tmp_path / "repo")
    for file in folder.iterdir():
        if file.name != "config.json":
            file.unlink()
    served.hub.add("org/untokenized", folder)
    write("task: text-generation\nsource: {kind: hub, repo: org/untokenized}\n")
    done = served.cli("rehearse", "+recipe=chat/tiny")
    assert done.code == 3
    assert "the tokenizer of org/untokenized" in done.stderr
    assert not list(Path("outputs").rglob("model"))


def test_offline_a_tokenizer_that_is_not_cached_is_made_and_this_is_said(
    served: Served, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = full_size("text-generation/scratch", tmp_path / "repo")
    served.hub.add("org/cached", folder)
    write("task: text-generation\nsource: {kind: hub, repo: org/cached}\n")
    assert served.cli("plan", "+recipe=chat/tiny").code == 3  # no weights; the rest is cached
    assert served.cli("rehearse", "+recipe=chat/tiny").code == 0
    cached = served.cache / "models--org--cached" / "snapshots"
    for file in cached.glob("*/*"):
        if file.name != "config.json":
            file.unlink()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(served.cache))
    done = cli("rehearse", "+recipe=chat/tiny", "--output", "json")  # which is offline
    assert done.code == 0, done.stderr
    said = done.document["not_rehearsed"]
    assert said == ["the tokenizer: it is not in the cache, and was made up"]


def test_a_gguf_file_of_a_hub_says_why_it_cannot_be_rehearsed(
    served: Served, tmp_path: Path
) -> None:
    folder = full_size("text-generation/scratch", tmp_path / "repo")
    (folder / "model.gguf").write_bytes(b"GGUF and more")
    served.hub.add("org/gguf", folder)
    served.hub.requests.clear()
    write("task: text-generation\nsource: {kind: hub, repo: org/gguf, file: model.gguf}\n")
    done = served.cli("rehearse", "+recipe=chat/tiny")
    assert done.code == 3
    assert "its configuration is inside the file" in done.stderr
    assert "model.gguf" not in served.hub.asked_for()
