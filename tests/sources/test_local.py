"""A folder on this machine, taken as it is or refused with the reason."""

import os
import shutil
from pathlib import Path

import pytest

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources import SourceContext
from runner.sources.local import LocalSource
from runner.tasks import all_tasks
from tests.checkpoints import causal_lm, tokenizer_only


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return causal_lm(tmp_path_factory.mktemp("local") / "gpt2")


@pytest.fixture
def folder(gpt2: Path, workspace: Path) -> Path:
    return Path(shutil.copytree(gpt2, workspace / "models" / "gpt2"))


def local(path: str, file: str | None = None) -> LocalSource:
    return LocalSource(kind="local", path=path, file=file)


def context(folder: Path, component: str = "model") -> SourceContext:
    return SourceContext(folder, folder / "work", all_tasks()["text-generation"], component)


def only(source: LocalSource, folder: Path, component: str = "model") -> Finding:
    (finding,) = source.check(folder, component)
    with pytest.raises(SourceError) as caught:
        source.resolve(context(folder, component))
    assert caught.value.message == finding.message.rstrip(".")
    return finding


def test_a_relative_path_is_relative_to_the_recipe(folder: Path, workspace: Path) -> None:
    recipes = workspace / "recipes"
    recipes.mkdir()
    source = local("../models/gpt2")
    assert list(source.check(recipes)) == []
    checkpoint = source.resolve(context(recipes))
    assert checkpoint.folder == folder
    assert (checkpoint.kind, checkpoint.name, checkpoint.gguf) == ("local", str(folder), "")


def test_an_absolute_path_and_one_from_home_are_taken(
    folder: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    for path in (str(folder), "~/gpt2"):
        assert local(path).resolve(context(Path("/"))).folder == folder


def test_a_missing_folder_is_compared_with_its_neighbours(folder: Path, workspace: Path) -> None:
    finding = only(local("models/gtp2"), workspace)
    assert (finding.code, finding.loc) == ("source-missing", ("path",))
    assert finding.message == f"{workspace}/models/gtp2 does not exist."
    assert finding.remedy == "Did you mean `gpt2`?"
    assert only(local("nowhere/at/all"), workspace).code == "source-missing"


def test_a_file_is_no_folder(folder: Path, workspace: Path) -> None:
    finding = only(local("models/gpt2/model.safetensors"), workspace)
    assert finding.code == "source-missing"
    assert "is a file, not a folder" in finding.message
    (folder / "tiny.gguf").write_bytes(b"GGUF")
    finding = only(local("models/gpt2/tiny.gguf"), workspace)
    assert finding.remedy == "Write the folder as `path`, and `file: tiny.gguf`."


def test_a_folder_without_config_says_what_belongs_there(folder: Path, workspace: Path) -> None:
    (folder / "config.json").unlink()
    finding = only(local("models/gpt2"), workspace)
    assert (finding.code, finding.loc) == ("no-config", ("path",))
    assert "holds config.json, its weights as safetensors" in finding.remedy
    (folder / "a.gguf").touch()
    assert only(local("models/gpt2"), workspace).remedy == "Add `file: a.gguf` to the source."
    (folder / "b.gguf").touch()
    assert "one of a.gguf, b.gguf" in only(local("models/gpt2"), workspace).remedy


def test_the_folders_inside_are_named_where_one_of_them_is_meant(workspace: Path) -> None:
    for name in ("french", "german"):
        (workspace / "adapters" / name).mkdir(parents=True)
        (workspace / "adapters" / name / "adapter_config.json").write_text("{}")
    finding = only(local("adapters"), workspace, "adapter")
    assert finding.remedy == "Name the one that is meant of those in it: french, german."


def test_a_missing_file_is_compared_with_those_there(folder: Path, workspace: Path) -> None:
    finding = only(local("models/gpt2", "tiny.gguf"), workspace)
    assert (finding.code, finding.loc) == ("file-missing", ("file",))
    assert finding.remedy == "It holds no GGUF file."
    (folder / "Tiny.Q4.gguf").touch()
    assert only(local("models/gpt2", "Tiny.Q8.gguf"), workspace).remedy == (
        "Did you mean `Tiny.Q4.gguf`?"
    )


@pytest.mark.parametrize("file", ["../x.gguf", "/x.gguf", "sub/x.gguf", "..", "a\\b.gguf", ""])
def test_a_file_is_a_plain_name(folder: Path, workspace: Path, file: str) -> None:
    finding = only(local("models/gpt2", file), workspace)
    assert (finding.code, finding.loc) == ("file-outside", ("file",))


def test_a_file_is_for_gguf_only(folder: Path, workspace: Path) -> None:
    finding = only(local("models/gpt2", "model.safetensors"), workspace)
    assert (finding.code, finding.loc) == ("not-gguf", ("file",))


def test_a_path_the_system_will_not_look_at_is_a_finding(workspace: Path) -> None:
    finding = only(local("x" * 5000), workspace)
    assert finding.code == "source-missing"
    assert os.strerror(36) in finding.message


def test_weights_are_looked_at_when_a_run_needs_them(folder: Path, workspace: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert list(local("models/gpt2").check(workspace)) == []
    with pytest.raises(SourceError, match="model.safetensors is corrupt"):
        local("models/gpt2").resolve(context(workspace))
    assert local("models/gpt2").resolve(context(workspace, "tokenizer")).folder == folder


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of git-lfs"),
        (b"<html>", "is corrupt: it does not start as GGUF files do"),
        (b"", "is corrupt"),
    ],
)
def test_a_file_that_is_no_gguf_is_refused(
    folder: Path, workspace: Path, content: bytes, reason: str
) -> None:
    (folder / "a.gguf").write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        local("models/gpt2", "a.gguf").resolve(context(workspace))
    (folder / "a.gguf").write_bytes(b"GGUF\3" + bytes(19))
    assert local("models/gpt2", "a.gguf").resolve(context(workspace)).gguf == "a.gguf"


def test_a_tokenizer_alone_is_a_source_of_a_tokenizer(workspace: Path) -> None:
    tokenizer_only(workspace / "tok")
    assert [f.code for f in local("tok").check(workspace)] == ["no-config"]
    assert list(local("tok").check(workspace, "tokenizer")) == []
    assert local("tok").resolve(context(workspace, "tokenizer")).folder == workspace / "tok"


@pytest.mark.parametrize(
    ("card", "license"),
    [
        ("---\nlicense: apache-2.0\ntags: [x]\n---\n# Model\n", "apache-2.0"),
        ("---\r\nlicense: mit\r\n---\r\nText", "mit"),
        ("\ufeff---\nlicense: mit\n---", "mit"),
        ("---\nlicense: other\nlicense_name: llama3\n---\n", "llama3"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense: [mit, apache-2.0]\n---\n", "mit, apache-2.0"),
        ("---\ntags: [x]\n---\nlicense: mit\n", ""),
        ("---\nlicense: [mit\n---\n", ""),
        ("---\n- license\n---\n", ""),
        ("# Model\n---\nlicense: mit\n---\n", ""),
        ("", ""),
    ],
)
def test_the_licence_is_the_model_cards(
    folder: Path, workspace: Path, card: str, license: str
) -> None:
    (folder / "README.md").write_bytes(card.encode())
    assert local("models/gpt2").resolve(context(workspace)).license == license
