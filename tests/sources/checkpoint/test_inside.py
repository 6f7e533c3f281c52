"""Links, names and hashes that lead out of a source: refused, and nothing there is touched."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SourceError
from runner.sources import Source, SourceContext
from runner.sources.checkpoint.inside import insist_inside, is_inside
from runner.sources.hub.listing import list_files
from runner.sources.local import LocalSource
from runner.sources.mlflow.source import MlflowSource
from runner.tasks import all_tasks
from tests.checkpoints import causal_lm, sharded_causal_lm
from tests.conftest import Outcome
from tests.served import Served, serving_cli

Cli = Callable[..., Outcome]


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return causal_lm(tmp_path_factory.mktemp("inside") / "gpt2")


@pytest.fixture
def folder(gpt2: Path, workspace: Path) -> Path:
    return Path(shutil.copytree(gpt2, workspace / "models" / "gpt2"))


@pytest.fixture
def secret(workspace: Path) -> Path:
    file = workspace / "secret" / "config.json"
    file.parent.mkdir()
    file.write_text('{"model_type": "gpt2", "password": "hunter2"}')
    return file


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_cli(tmp_path_factory.mktemp("served")) as served:
        yield served


def resolve(source: Source) -> Path:
    work = Path("work").absolute()
    work.mkdir(exist_ok=True)
    context = SourceContext(Path.cwd(), work, all_tasks()["text-generation"])
    return source.resolve(context).folder


def local(folder: Path) -> LocalSource:
    return LocalSource(kind="local", path=str(folder))


@pytest.mark.parametrize(
    "name", ["config.json", "README.md", "LICENSE", "vocab.json", "chat_template.jinja"]
)
def test_a_link_out_of_a_local_folder_is_refused(folder: Path, secret: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    with pytest.raises(SourceError, match=f"{name} is a link that leads out of its source") as said:
        resolve(local(folder))
    assert str(secret) in said.value.message
    assert "hunter2" not in said.value.message


def test_weights_that_are_a_link_out_are_refused(folder: Path, gpt2: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(gpt2 / "model.safetensors")
    with pytest.raises(SourceError, match="leads out of its source"):
        resolve(local(folder))


def test_a_folder_that_is_a_link_out_is_refused(folder: Path, secret: Path) -> None:
    (folder / "additional_chat_templates").symlink_to(secret.parent)
    with pytest.raises(SourceError, match="additional_chat_templates is a link that leads out"):
        resolve(local(folder))


def test_links_in_a_circle_and_what_is_no_file_are_refused(folder: Path) -> None:
    (folder / "a.json").symlink_to("b.json")
    (folder / "b.json").symlink_to("a.json")
    with pytest.raises(SourceError, match=r"a\.json cannot be read"):
        resolve(local(folder))
    (folder / "a.json").unlink()
    (folder / "b.json").unlink()
    os.mkfifo(folder / "merges.json")
    with pytest.raises(SourceError, match=r"merges\.json is no file"):
        resolve(local(folder))


def test_links_that_stay_inside_are_followed(folder: Path, workspace: Path) -> None:
    (folder / "model.safetensors").rename(folder / "weights")
    (folder / "model.safetensors").symlink_to("weights")
    (workspace / "link").symlink_to(folder)
    (folder / ".hidden").symlink_to("/")
    assert resolve(local(workspace / "link")) == workspace / "link"


@pytest.mark.parametrize("name", ["../outside.safetensors", "/outside.safetensors", "a/b", 5])
def test_an_index_that_names_files_elsewhere_is_refused(workspace: Path, name: Any) -> None:
    folder = sharded_causal_lm(workspace / "sharded")
    (workspace / "outside.safetensors").write_bytes(b"")
    index = folder / "model.safetensors.index.json"
    listed = json.loads(index.read_text())
    listed["weight_map"] |= {next(iter(listed["weight_map"])): name}
    index.write_text(json.dumps(listed))
    with pytest.raises(SourceError, match="is no file name"):
        resolve(local(folder))


def test_an_mlflow_model_with_a_link_out_is_refused(
    cli: Cli, workspace: Path, secret: Path
) -> None:
    done = cli("+recipe=text-generation/scratch", "tracking.uri=null", "+evaluation.views=[]")
    assert done.code == 0
    (model,) = workspace.glob("outputs/text-generation/scratch/*/model")
    (model / "components" / "stolen.json").symlink_to(secret)
    with pytest.raises(SourceError, match=r"stolen\.json is a link that leads out"):
        resolve(MlflowSource(kind="mlflow", uri=str(model)))
    assert not list((workspace / "work").rglob("stolen.json"))


@pytest.mark.parametrize(
    ("name", "inside"),
    [("config.json", True), ("a/b.json", True), ("..json", True), ("../a", False), ("/a", False),
     ("a/../../b", False), ("a\\..\\b", False), ("a\0b", False), ("", False), ("./a", False),
     ("a//b", False)],
)  # fmt: skip
def test_names_that_stay_inside(name: str, inside: bool) -> None:
    assert is_inside(name) is inside


def test_a_cache_of_the_hub_keeps_its_files_beside_its_commits(workspace: Path) -> None:
    storage = workspace / "models--org--tiny"
    blob = storage / "blobs" / "abc"
    snapshot = storage / "snapshots" / ("0" * 40)
    for path in (blob.parent, snapshot):
        path.mkdir(parents=True)
    blob.write_text("{}")
    (snapshot / "config.json").symlink_to("../../blobs/abc")
    insist_inside(snapshot, ["config.json", "not-there.json"])
    other = workspace / "models--org--other" / "blobs" / "abc"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    (snapshot / "other.json").symlink_to(other)
    with pytest.raises(SourceError, match="leads out of its source"):
        insist_inside(snapshot, ["other.json"])


@pytest.mark.parametrize("name", ["../../../evil.json", "/evil.json", "..\\evil.json"])
def test_a_hub_that_lists_files_elsewhere_is_refused(served: Served, gpt2: Path, name: str) -> None:
    files = {file.name: file.read_bytes() for file in gpt2.iterdir()}
    served.hub.add("org/evil", {**files, name: b"{}"})
    recipe = Path("recipes/chat/evil.yaml")
    recipe.parent.mkdir(parents=True)
    recipe.write_text("task: text-generation\nsource: {kind: hub, repo: org/evil}\n")
    served.hub.requests.clear()
    done = served.cli("+recipe=chat/evil", "tracking.uri=null")
    assert done.code == 3
    assert "which leads out of the repository" in done.stderr
    assert served.hub.asked_for() == []
    assert not list(Path.cwd().rglob("evil.json"))


def test_a_hash_that_is_a_path_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    lfs = SimpleNamespace(sha256="../../../evil", size=1)
    sibling = SimpleNamespace(rfilename="model.safetensors", size=1, lfs=lfs, blob_id=None)
    info = SimpleNamespace(sha="0" * 40, siblings=[sibling])
    monkeypatch.setattr("runner.sources.hub.listing._ask", lambda *_: info)
    assert list_files("org/evil", "main").files["model.safetensors"].etag == ""
