"""``plan`` says what a run then does: the same bytes, parameters, signature and requirements."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkpoints import causal_lm, classifier, sharded_causal_lm
from tests.conftest import Outcome
from tests.served import Served, serving_cli

Cli = Callable[..., Outcome]
FORMS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "cast": {"dtype": "bfloat16", "params": {"max_new_tokens": 4, "top_p": 0.5}},
    "referenced": {"save_pretrained": False},
    "explicit": {
        "signature": {"inputs": [{"name": "text", "type": "string"}]},
        "requirements": {"extra": ["sentencepiece>=0.2"]},
    },
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_cli(tmp_path_factory.mktemp("served")) as served:
        yield served


def write(**fields: Any) -> None:
    recipe = {"task": "text-generation", "evaluation": {"views": []}}
    Path("case.yaml").write_text(yaml.safe_dump(recipe | fields))


def plan(cli: Cli, *arguments: str) -> dict[str, Any]:
    done = cli("plan", "+recipe=case.yaml", *arguments, "--output", "json")
    assert done.code == 0, done.stderr
    return done.document


def run(cli: Cli, *arguments: str) -> dict[str, Any]:
    done = cli("+recipe=case.yaml", *arguments, "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    return done.document


def assert_it_did_as_planned(planned: dict[str, Any], record: dict[str, Any]) -> None:
    """Compare a plan with the record of the run it was of."""
    sides = {
        side: json.loads(text or "[]")
        for side, text in record["signature"].items()
        if side in planned["signature"]
    }
    assert planned["signature"] == sides
    assert planned["requirements"] == record["requirements"]
    assert planned["digest"] == record["digest"]
    model = planned["model"]
    assert (model["parameters"], model["bytes"], model["dtype"]) == (
        record["parameters"],
        record["weight_bytes"],
        record["dtype"],
    )
    told = {name: (s["kind"], s["name"], s["commit"]) for name, s in planned["sources"].items()}
    did = {name: (s["kind"], s["name"], s["commit"]) for name, s in record["sources"].items()}
    assert told == did
    flavors = yaml.safe_load(Path(record["model"], "MLmodel").read_text())["flavors"]
    assert set(planned["flavors"]) == set(flavors)
    assert Path(planned["output"]["model"]).absolute() == Path(record["model"])


@pytest.mark.parametrize("form", FORMS)
def test_a_hub_run_does_what_was_planned_without_its_weights(
    served: Served, tmp_path: Path, form: str
) -> None:
    folder = causal_lm(tmp_path / "gpt2")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    repo = f"org/{form.replace(' ', '-')}"
    commit = served.hub.add(repo, folder)
    write(source={"kind": "hub", "repo": repo}, **FORMS[form])
    served.hub.requests.clear()
    planned = plan(served.cli)
    assert "model.safetensors" not in served.hub.asked_for() + served.hub.asked_for("HEAD")
    weights = (folder / "model.safetensors").stat().st_size
    source = planned["sources"]["model"]
    assert (source["commit"], source["license"]) == (commit, "mit")
    assert planned["fetch"] == source["fetch"] == weights
    assert source["cached"] == sum(f.stat().st_size for f in folder.iterdir()) - weights
    assert planned["disks"]["download"]["needed"] == weights
    assert not planned["output"]["exists"]

    record = run(served.cli)
    assert record["steps"][0]["bytes"] == planned["fetch"]
    assert_it_did_as_planned(planned, record)

    again = plan(served.cli)
    assert again["fetch"] == 0
    assert "download" not in again["disks"]
    assert again["output"] | {"folder": "", "model": ""} == {
        "folder": "",
        "model": "",
        "exists": True,
        "same": True,
        "verdict": "unproven",
    }
    assert again["model"] == planned["model"], "whatever the cache holds"


def test_shards_and_components_of_their_own_are_planned(served: Served, tmp_path: Path) -> None:
    folder = sharded_causal_lm(tmp_path / "shards")
    served.hub.add("org/shards", folder)
    served.hub.add("org/tokens", causal_lm(tmp_path / "tokens"))
    write(
        source={"kind": "hub", "repo": "org/shards"},
        components={"tokenizer": {"kind": "hub", "repo": "org/tokens"}},
    )
    planned = plan(served.cli)
    shards = sorted(folder.glob("*.safetensors"))
    assert len(shards) > 1
    assert planned["fetch"] == sum(shard.stat().st_size for shard in shards)
    assert planned["sources"]["tokenizer"]["fetch"] == 0
    assert_it_did_as_planned(planned, run(served.cli))


@pytest.mark.parametrize("dtype", ["auto", "float16"])
def test_a_local_run_does_what_was_planned(cli: Cli, tmp_path: Path, dtype: str) -> None:
    classifier(tmp_path / "bert")
    source = {"kind": "local", "path": "bert"}
    write(task="text-classification", source=source, dtype=dtype)
    planned = plan(cli)
    memory = planned["model"]["memory"]
    assert memory["float64"] == 2 * memory["float32"] == 4 * memory["bfloat16"]
    assert memory["float16"] == memory["bfloat16"]
    assert planned["model"]["class"] == "BertForSequenceClassification"
    assert planned["model"]["known_from"] == "safetensors headers"
    assert planned["fetch"] == 0
    assert_it_did_as_planned(planned, run(cli))


def test_what_only_a_run_can_tell_is_left_open(cli: Cli, tmp_path: Path) -> None:
    causal_lm(tmp_path / "gpt2")
    write(source={"kind": "local", "path": "gpt2"}, signature="infer", input_example="hi")
    assert plan(cli)["signature"] is None
    assert "inferred from the example when it runs" in cli("plan", "+recipe=case.yaml").stdout


def test_a_checkpoint_that_does_not_fit_the_task_is_found_before_its_weights(
    served: Served, tmp_path: Path
) -> None:
    served.hub.add("org/unfit", classifier(tmp_path / "bert"))
    served.hub.requests.clear()
    write(source={"kind": "hub", "repo": "org/unfit"}, task="image-classification")
    done = served.cli("plan", "+recipe=case.yaml")
    assert done.code == 3
    assert "is a bert model" in done.stderr
    assert "model.safetensors" not in served.hub.asked_for()


def test_people_read_a_table(served: Served, tmp_path: Path) -> None:
    folder = causal_lm(tmp_path / "gpt2")
    commit = served.hub.add("org/table", folder)
    write(source={"kind": "hub", "repo": "org/table"}, params={"max_new_tokens": 4})
    lines = served.cli("plan", "+recipe=case.yaml", "dtype=float16").stdout.splitlines()
    assert lines[0] == "case dtype=float16"
    assert lines[1] == f"  model         org/table@{commit[:12]}"
    weights = (folder / "model.safetensors").stat().st_size
    assert lines[2].strip().startswith(f"{weights / 1000:.0f} kB to fetch, ")
    table = dict(line.strip().split("  ", 1) for line in lines[3:])
    assert table["architecture"].strip() == (
        "GPT2LMHeadModel, 58,240 parameters, float16: 116 kB (configuration)"
    )
    assert table["params"].strip() == "max_new_tokens=4"
    assert table["output"].strip() == "outputs/case/dtype=float16/model, not there yet"
