"""``lock`` and ``run --locked``, on real sources of every kind that can move."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkpoints import causal_lm, tokenizer_only
from tests.conftest import REPOSITORY, Outcome
from tests.served import Served, serving_cli

Cli = Callable[..., Outcome]
CARD = "---\nlicense: apache-2.0\n---\n# Tiny\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_cli(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = causal_lm(tmp_path_factory.mktemp("checkpoints") / "gpt2")
    (folder / "README.md").write_text(CARD)
    return folder


def write(name: str, **fields: Any) -> Path:
    """Write a recipe of the user's; give its lock file."""
    file = Path("recipes") / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    evaluation = {"inputs": ["hi"]}
    recipe = {"task": "text-generation", "params": {"max_new_tokens": 4}, "evaluation": evaluation}
    file.write_text(yaml.safe_dump(recipe | fields))
    return file.with_suffix(".lock.yaml")


def read(lock: Path) -> dict[str, Any]:
    return yaml.safe_load(lock.read_text())


def hub_source(repo: str) -> dict[str, str]:
    return {"kind": "hub", "repo": repo}


def hashes(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        file.name: {
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "size": file.stat().st_size,
        }
        for file in sorted(folder.iterdir())
    }


def test_a_hub_source_is_locked_without_its_weights(served: Served, gpt2: Path) -> None:
    commit = served.hub.add("org/weightless", gpt2)
    lock = write("chat/tiny", source=hub_source("org/weightless"), dtype="bfloat16")
    done = served.cli("lock", "chat/tiny")
    assert (done.code, done.stdout) == (0, "recipes/chat/tiny.lock.yaml: written\n"), done.stderr
    locked = read(lock)
    assert locked["parts"] == {
        "model": {
            "kind": "hub",
            "name": "org/weightless",
            "revision": "main",
            "commit": commit,
            "license": "apache-2.0",
            "files": hashes(gpt2),
        }
    }
    assert list(locked["parts"]["model"]["files"]) == sorted(hashes(gpt2))
    assert "model.safetensors" not in served.hub.asked_for() + served.hub.asked_for("HEAD")
    shown = served.cli("show", "+recipe=chat/tiny", "--output", "json").document
    assert locked["recipe"] == f"sha256:{shown['digest']}"
    assert locked["model"] == {
        "class": "GPT2LMHeadModel",
        "dtype": "bfloat16",
        "parameters": 58240,
        "bytes": 116480,
    }
    assert [spec["type"] for spec in locked["signature"]["inputs"]] == ["string"]
    assert [spec["name"] for spec in locked["signature"]["params"]] == ["max_new_tokens"]
    assert {"mlflow", "torch", "transformers"} <= set(locked["packages"])
    assert "result" not in locked
    assert served.cli("lock", "chat/tiny").stdout == "recipes/chat/tiny.lock.yaml: unchanged\n"
    assert served.cli("lock", "--check", "--packages").stdout == "1 recipe: as locked\n"


def test_a_branch_that_moves_is_refused_kept_or_followed_on_purpose(
    served: Served, gpt2: Path, tmp_path: Path
) -> None:
    first = served.hub.add("org/moving", gpt2)
    lock = write("moving", source=hub_source("org/moving"))
    assert served.cli("lock").code == 0
    text = lock.read_text()
    changed = shutil.copytree(gpt2, tmp_path / "changed")
    (changed / "README.md").write_text("---\nlicense: mit\n---\n")
    second = served.hub.add("org/moving", changed)

    checked = served.cli("lock", "--check")
    assert checked.code == 1
    said = f"the model is hub org/moving main at {second[:12]}, the lock says hub org/moving main"
    assert f"recipes/moving.lock.yaml error[source-moved] {said} at {first[:12]}." in checked.stdout
    assert "lock --upgrade" in checked.stdout
    assert checked.stdout.endswith("1 recipe, 1 error\n")

    served.hub.requests.clear()
    refused = served.cli("+recipe=moving", "--locked", "tracking.uri=null")
    assert refused.code == 3
    assert "error[source-moved]" in refused.stderr
    assert served.hub.asked_for() + served.hub.asked_for("HEAD") == [], "refused before a download"
    assert not Path("outputs").exists()

    assert served.cli("lock").stdout == "recipes/moving.lock.yaml: unchanged\n"
    assert lock.read_text() == text, "the pin stays"

    moved = served.cli("lock", "--upgrade")
    assert f"source-moved  the model: hub org/moving main at {first[:12]} → " in moved.stdout
    assert read(lock)["parts"]["model"]["commit"] == second
    assert read(lock)["parts"]["model"]["license"] == "mit"
    assert served.cli("lock", "--check").code == 0


def test_a_locked_run_is_of_the_locked_commit_and_its_result_is_locked(
    served: Served, gpt2: Path
) -> None:
    commit = served.hub.add("org/run", gpt2)
    lock = write("run", source=hub_source("org/run"))
    served.cli("lock")
    without = read(lock)
    done = served.cli("+recipe=run", "--locked", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    record = done.document
    assert record["sources"]["model"]["commit"] == commit
    assert without["recipe"] == f"sha256:{record['digest']}", "a pin does not change the recipe"
    served.cli("lock")
    locked = read(lock)
    outputs = {view["view"]: view["outputs"] for view in record["views"]}
    canonical = json.dumps(outputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    result = {"verdict": "passed", "metrics": {}, "outputs": f"sha256:{digest}"}
    assert locked == without | {"result": result}
    assert locked["model"]["parameters"] == record["parameters"]
    assert locked["model"]["bytes"] == record["weight_bytes"]
    shutil.rmtree("outputs")
    assert served.cli("lock").stdout == "recipes/run.lock.yaml: unchanged\n", "still true"
    write("run", source=hub_source("org/run"), dtype="float16")
    changed = served.cli("lock").stdout
    assert "recipe-changed" in changed
    assert "result" not in read(lock), "nothing is known of the new one"


def test_offline_the_hub_is_not_asked_and_the_locked_commit_is_run(
    served: Served, cli: Cli, gpt2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = served.hub.add("org/offline", gpt2)
    lock = write("offline", source=hub_source("org/offline"))
    served.cli("lock")
    text = lock.read_text()
    served.hub.add("org/offline", shutil.copytree(gpt2, tmp_path / "moved"))
    cache = served.cache
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))

    checked = cli("lock", "--check")
    assert (checked.code, checked.stdout) == (0, "1 recipe: as locked\n")
    assert "the hub is offline, so model was not asked" in checked.stderr
    refused = cli("lock")
    assert refused.code == 3
    assert "holds no weights" in refused.stderr, "what is not here cannot be hashed"
    (snapshot,) = (cache / "models--org--offline" / "snapshots").iterdir()
    shutil.copyfile(gpt2 / "model.safetensors", snapshot / "model.safetensors")
    assert cli("lock").stdout == "recipes/offline.lock.yaml: unchanged\n"
    assert lock.read_text() == text, "hashed as the hub lists it"
    done = cli("+recipe=offline", "--locked", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    assert done.document["sources"]["model"]["commit"] == commit


@pytest.fixture
def local(gpt2: Path, workspace: Path) -> Path:
    """A recipe of a checkpoint beside the recipes, with another's tokenizer; its lock file."""
    shutil.copytree(gpt2, workspace / "recipes" / "own" / "tiny")
    (workspace / "recipes" / "own" / "tiny" / "optimizer.pt").write_bytes(b"not needed")
    tokenizer_only(workspace / "recipes" / "own" / "tok")
    return write(
        "own/local",
        source={"kind": "local", "path": "tiny"},
        components={"tokenizer": {"kind": "local", "path": "./tok"}},
    )


def test_local_files_are_hashed_and_one_that_changes_is_named(
    cli: Cli, local: Path, workspace: Path
) -> None:
    assert cli("lock", "recipes/own/local.yaml").code == 0
    locked = read(local)
    model, tokenizer = locked["parts"]["model"], locked["parts"]["tokenizer"]
    assert (model["kind"], model["name"], model["license"]) == ("local", "tiny", "apache-2.0")
    assert tokenizer["name"] == "./tok"
    assert "optimizer.pt" not in model["files"]
    assert "model.safetensors" in model["files"]
    assert not set(tokenizer["files"]) & {"model.safetensors"}
    assert str(workspace) not in local.read_text()
    with (workspace / "recipes" / "own" / "tok" / "tokenizer_config.json").open("a") as file:
        file.write("\n")
    checked = cli("lock", "--check", "--output", "json")
    assert checked.code == 1
    (lock,) = checked.document["locks"]
    assert [(d["kind"], d["subject"], d["fails"]) for d in lock["drift"]] == [
        ("file-changed", "tokenizer_config.json of the tokenizer", True)
    ]
    refused = cli("+recipe=own/local", "--locked", "tracking.uri=null")
    assert refused.code == 3
    assert "error[file-changed] tokenizer_config.json of the tokenizer is" in refused.stderr


def test_a_changed_recipe_and_a_missing_lock_are_the_command_lines_fault(
    cli: Cli, local: Path
) -> None:
    missing = cli("+recipe=own/local", "--locked", "tracking.uri=null", "--output", "json")
    assert missing.code == 2
    assert [found["code"] for found in missing.document["findings"]] == ["lock-missing"]
    assert cli("lock", "--check").code == 1
    cli("lock")
    write("own/new", source={"kind": "scratch", "architecture": "gpt2"})
    sweep = ("-m", "+recipe=own/local,own/new", "tracking.uri=null", "--locked")
    assert "own/new.lock.yaml error[lock-missing]" in cli(*sweep).stderr
    Path("recipes/own/new.yaml").unlink()
    overridden = cli("+recipe=own/local", "--locked", "dtype=bfloat16", "tracking.uri=null")
    assert overridden.code == 2
    assert "error[recipe-changed] the recipe own/local with dtype=bfloat16 is" in overridden.stderr
    points = ("-m", "+recipe=own/local", "--locked", "dtype=bfloat16", "tracking.uri=null")
    done = cli(*points, "evaluation.views=[]", "--output", "json")
    assert done.code == 0, done.stderr
    Path("tiny").symlink_to("recipes/own/tiny")
    moved = cli(*points, "source.path=tiny")
    assert moved.code == 2
    assert "what own/local is made of is dtype=bfloat16, source.path=tiny" in moved.stderr
    recipe = local.with_name("local.yaml")
    recipe.write_text("# a comment\ndescription: of no weight\n" + recipe.read_text())
    assert cli("lock", "--check").stdout == "1 recipe: as locked\n"
    recipe.write_text(recipe.read_text() + "dtype: float16\n")
    assert "error[recipe-changed]" in cli("lock", "--check").stdout


def test_other_packages_warn_in_a_check_and_stop_a_locked_run(cli: Cli, local: Path) -> None:
    cli("lock")
    values = read(local)
    values["packages"]["torch"] = "1.0"
    local.write_text(yaml.safe_dump(values, sort_keys=False))
    checked = cli("lock", "--check")
    assert checked.code == 0
    assert "warning[package-changed] torch is " in checked.stdout
    assert cli("lock", "--check", "--packages").code == 1
    refused = cli("+recipe=own/local", "--locked", "tracking.uri=null")
    assert refused.code == 3
    assert "the lock says 1.0." in refused.stderr
    assert "package-changed  torch: 1.0 → " in cli("lock").stdout, "refreshed, and said"


def test_a_package_is_named_by_its_version_and_an_inferred_signature_comes_from_a_run(
    cli: Cli, gpt2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    shutil.copytree(gpt2, site / "tiny_model" / "model")
    (site / "tiny_model-1.0.dist-info").mkdir()
    metadata = site / "tiny_model-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nLicense: MIT\n")
    files = [p.relative_to(site) for p in site.rglob("*") if p.is_file()]
    metadata.with_name("RECORD").write_text("".join(f"{file},,\n" for file in files))
    monkeypatch.syspath_prepend(str(site))
    lock = write(
        "packaged",
        source={"kind": "package", "distribution": "tiny-model", "path": "tiny_model/model"},
        signature="infer",
        input_example="hi",
    )
    assert cli("lock").code == 0
    assert read(lock)["parts"]["model"]["name"] == "tiny-model==1.0/tiny_model/model"
    assert "signature" not in read(lock)
    assert cli("+recipe=packaged", "tracking.uri=null", "evaluation.views=[]").code == 0
    cli("lock")
    assert "signature" not in read(lock), "that run was of another recipe"
    assert cli("+recipe=packaged", "tracking.uri=null", "out=elsewhere").code == 0
    cli("lock", "--out", "elsewhere")
    assert read(lock)["signature"]["inputs"][0]["type"] == "string"
    assert read(lock)["result"]["verdict"] == "passed"
    metadata.write_text(metadata.read_text().replace("1.0", "1.1"))
    checked = cli("lock", "--check").stdout
    assert "error[source-moved] the model is package tiny-model==1.1/tiny_model/model" in checked


def test_a_lock_is_the_same_to_the_byte_from_anywhere(
    cli: Cli, gpt2: Path, workspace: Path
) -> None:
    locks: list[Path] = []
    for where in ("here", "there/and/further"):
        recipe = workspace / where / "recipes" / "a.yaml"
        shutil.copytree(gpt2, recipe.parent / "tiny")
        recipe.write_text(
            "task: text-generation\nsource: {kind: local, path: tiny}\n"
            "components: {tokenizer: {kind: scratch, architecture: gpt2}}\n"
            "params: {max_new_tokens: 2, temperature: 0.5}\n"
        )
        locks.append(recipe.with_suffix(".lock.yaml"))
    os.chdir(workspace / "here")
    assert cli("lock", str(workspace / "here/recipes/a.yaml")).code == 0
    subprocess.run(
        [
            sys.executable,
            "-m",
            "runner",
            "lock",
            str(workspace / "there/and/further/recipes/a.yaml"),
        ],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "1"},
        cwd=workspace / "there",
        check=True,
        capture_output=True,
    )
    texts = [lock.read_text() for lock in locks]
    assert texts[0] == texts[1]
    assert str(workspace) not in texts[0]


def test_without_recipes_there_is_nothing_to_lock(cli: Cli) -> None:
    done = cli("lock")
    assert done.code == 2
    assert "There is no recipe in ./recipes." in done.stderr
