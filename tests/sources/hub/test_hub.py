"""A repository of a hub, fetched from a server on loopback with the environment users set."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runner.sources.hub.source import HubSource
from tests.checkpoints import as_pickle, causal_lm, sharded_causal_lm
from tests.conftest import REPOSITORY
from tests.forked import start
from tests.hub_server import Hub, serving

TOKEN = "hf_sEcReTsEcReTsEcReT"
CARD = b"---\nlicense: apache-2.0\n---\n# Tiny\n"
_RESOLVE = """
import json, sys
from pathlib import Path
from runner.errors import RunnerError
from runner.sources import SourceContext
from runner.sources.hub.source import HubSource
from runner.tasks import all_tasks
told = []
source = HubSource.model_validate(json.loads(sys.argv[1]))
context = SourceContext(Path("."), Path("."), all_tasks()["text-generation"], sys.argv[2],
                        lambda *said: told.append(said), allow_pickle=sys.argv[3] == "pickle")
try:
    if sys.argv[3] == "survey":
        survey = source.survey(context)
        found = survey.checkpoint
        files = [[file.name, file.size, file.sha256, file.here] for file in survey.files]
    else:
        found, files = source.resolve(context), []
    said = {name: str(value) for name, value in vars(found).items()}
    print(json.dumps(said | {"told": told, "listed": files}))
except RunnerError as error:
    print(json.dumps({"error": error.message, "remedy": error.remedy, "code": error.code}))
"""


@dataclass
class Answer:
    """What resolving gave, and everything that was printed."""

    said: dict[str, Any]
    output: str

    @property
    def folder(self) -> Path:
        assert "folder" in self.said, self.said
        return Path(self.said["folder"])

    @property
    def files(self) -> list[str]:
        return sorted(p.name for p in self.folder.iterdir())

    @property
    def error(self) -> str:
        return self.said["error"]

    @property
    def remedy(self) -> str:
        return self.said["remedy"]


Resolve = Callable[..., Answer]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


@pytest.fixture
def resolve(hub: Hub, workspace: Path) -> Resolve:
    """Resolve a source in a process of its own: huggingface_hub reads its settings at import."""

    def call(
        repo: str = "org/tiny",
        component: str = "model",
        environment: dict[str, str] | None = None,
        step: str = "resolve",
        **fields: str,
    ) -> Answer:
        done = start(
            _RESOLVE,
            workspace,
            argv=["-c", json.dumps({"kind": "hub", "repo": repo, **fields}), component, step],
            path=[str(REPOSITORY)],
            environment={
                "PATH": os.environ["PATH"],
                "HOME": str(workspace),
                "HF_HOME": str(workspace / "hf"),
                "HF_ENDPOINT": hub.url,
                "HF_HUB_ETAG_TIMEOUT": "5",
                "RECIPE_RUNNER_HUB_PATIENCE": "1",
                **(environment or {}),
            },
        ).end()
        assert done.code == 0, done.stderr
        return Answer(json.loads(done.stdout), done.stdout + done.stderr)

    return call


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = causal_lm(tmp_path_factory.mktemp("hub") / "gpt2")
    (folder / "README.md").write_bytes(CARD)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_branch_is_pinned_and_the_checkpoint_is_whole(
    hub: Hub, resolve: Resolve, gpt2: Path, workspace: Path
) -> None:
    commit = hub.add("org/tiny", gpt2)
    found = resolve()
    assert found.said["commit"] == commit
    assert found.said["name"] == f"org/tiny@{commit[:12]}"
    assert found.said["license"] == "apache-2.0"
    assert found.folder.is_relative_to(workspace / "hf")
    assert content(found.folder) == content(gpt2)
    size = sum(len(held) for held in content(gpt2).values())
    assert found.said["downloaded"] == str(size)
    assert found.said["told"][0] == ["fetching org/tiny", 0, size]
    assert found.said["told"][-1] == ["fetching org/tiny", size, size]
    assert "%|" not in found.output, "the hub's own progress bars"


def test_what_plain_transformers_loads_from_it(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    hub.add("org/tiny", gpt2)
    folder = resolve().folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer("What is MLflow?", return_tensors="pt")
    out = AutoModelForCausalLM.from_pretrained(folder).generate(**inputs, max_new_tokens=2)
    assert out.shape[1] > inputs["input_ids"].shape[1]


def test_a_second_run_downloads_nothing(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    hub.add("org/tiny", gpt2)
    resolve()
    hub.requests.clear()
    again = resolve()
    assert again.said["downloaded"] == "0"
    assert again.said["told"] == []
    assert hub.asked_for("GET") == []


def test_a_revision_may_be_a_tag_or_a_commit(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    first = hub.add("org/tiny", gpt2)
    second = hub.add("org/tiny", content(gpt2) | {"README.md": b"v2"}, "v2/rc-1")
    assert resolve(revision="v2/rc-1").said["commit"] == second
    assert resolve(revision=first).said["commit"] == first
    assert resolve(revision="main").said["commit"] == first


def test_a_branch_that_moves_while_it_is_fetched_stays_at_one_commit(
    hub: Hub, resolve: Resolve, gpt2: Path
) -> None:
    commit = hub.add("org/tiny", gpt2)
    resolve()
    api = [r.path for r in hub.requests if r.path.startswith("/api/models")]
    assert api[0].endswith("/revision/main")
    files = [r.path for r in hub.requests if "/resolve/" in r.path]
    assert files
    assert all(f"/resolve/{commit}/" in path for path in files)


def test_only_what_transformers_reads_is_fetched(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    wanted = content(gpt2) | {"LICENSE": b"Apache", "merges.txt": b"#version", "spiece.model": b"x"}
    other = {
        "pytorch_model.bin": b"pickle",
        "model.fp16.safetensors": b"variant",
        "consolidated.safetensors": b"the same again",
        "onnx/model.onnx": b"onnx",
        "onnx/config.json": b"{}",
        "tf_model.h5": b"tf",
        "modeling_tiny.py": b"raise SystemExit",
        "tiny.gguf": b"GGUF",
    }
    hub.add("org/tiny", wanted | other)
    assert resolve().files == sorted(wanted)
    assert set(hub.asked_for()) == set(wanted)


def test_patterns_bring_further_files_and_never_weights(
    hub: Hub, resolve: Resolve, gpt2: Path
) -> None:
    files = {file.name: file.read_bytes() for file in gpt2.iterdir()}
    others = {"words/fr.dat": b"fr", "words/de.dat": b"de", "words/en.txt": b"en", "model.h5": b"x"}
    hub.add("org/tiny", {**files, **others})
    got = resolve(repo="org/tiny", patterns=["words/*"])
    found = {p.relative_to(got.folder).as_posix() for p in got.folder.rglob("*") if p.is_file()}
    assert found >= {"words/fr.dat", "words/de.dat", "words/en.txt", "model.safetensors"}
    assert "model.h5" not in found
    wrong = resolve(repo="org/tiny", patterns=["words/*.dta"])
    assert wrong.error == "org/tiny has no file that matches words/*.dta"


@pytest.mark.parametrize("pattern", ["", "/etc/*", "../*", "a/../../b", "*.safetensors", "*.BIN"])
def test_a_pattern_that_leads_out_or_asks_for_weights_is_a_finding(pattern: str) -> None:
    source = HubSource(kind="hub", repo="org/name", patterns=["*.dat", pattern])
    (finding,) = source.check(Path.cwd())
    assert (finding.code, finding.loc) == ("bad-pattern", ("patterns", 1))


def test_every_shard_of_the_index_is_fetched(hub: Hub, resolve: Resolve, tmp_path: Path) -> None:
    folder = sharded_causal_lm(tmp_path / "sharded")
    hub.add("org/tiny", content(folder) | {"model-extra.safetensors": b"not in the index"})
    assert len(list(folder.glob("*.safetensors"))) > 1
    assert content(resolve().folder) == content(folder)


def test_a_shard_the_repository_lacks_is_named(hub: Hub, resolve: Resolve, tmp_path: Path) -> None:
    files = content(sharded_causal_lm(tmp_path / "sharded"))
    lost = next(name for name in sorted(files) if name.endswith(".safetensors"))
    hub.add("org/tiny", {name: held for name, held in files.items() if name != lost})
    assert f"{lost} is missing" in resolve().error


def test_a_survey_knows_the_weights_without_asking_for_them(
    hub: Hub, resolve: Resolve, gpt2: Path
) -> None:
    commit = hub.add("org/tiny", gpt2)
    found = resolve(step="survey")
    assert found.said["commit"] == commit
    assert "config.json" in found.files
    assert "model.safetensors" not in found.files
    assert "model.safetensors" not in hub.asked_for() + hub.asked_for("HEAD")
    files = content(gpt2)
    assert {name: size for name, size, _, _ in found.said["listed"]} == {
        name: len(held) for name, held in files.items()
    }
    assert [name for name, _, _, here in found.said["listed"] if not here] == ["model.safetensors"]
    resolve()
    assert all(here for _, _, _, here in resolve(step="survey").said["listed"])


def test_pickle_files_are_fetched_only_where_they_are_allowed(
    hub: Hub, resolve: Resolve, gpt2: Path, tmp_path: Path
) -> None:
    files = content(as_pickle(gpt2, tmp_path / "pickle"))
    hub.add("org/tiny", files)
    assert "allow_pickle: true" in resolve().remedy
    found = resolve(step="pickle")
    assert "pytorch_model.bin" in hub.asked_for()
    assert "model.safetensors" in found.files
    hub.add("org/tiny", files | {"model.safetensors": content(gpt2)["model.safetensors"]})
    hub.requests.clear()
    resolve(step="pickle")
    assert "pytorch_model.bin" not in hub.asked_for()


@pytest.mark.parametrize("component", ["tokenizer", "image_processor"])
def test_a_component_brings_no_weights(
    hub: Hub, resolve: Resolve, gpt2: Path, component: str
) -> None:
    hub.add("org/tiny", gpt2)
    assert "model.safetensors" not in resolve(component=component).files
    assert "model.safetensors" not in hub.asked_for()


def test_a_gguf_file_comes_alone(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    empty = b"GGUF\3" + bytes(19)
    hub.add("org/tiny", content(gpt2) | {"a.Q4.gguf": empty, "a.Q8.gguf": empty + b"8"})
    found = resolve(file="a.Q4.gguf")
    assert found.said["gguf"] == "a.Q4.gguf"
    assert {"a.Q4.gguf", "README.md", "config.json"} <= set(found.files)
    assert not {"a.Q8.gguf", "model.safetensors"} & set(found.files)
    assert resolve(file="a.Q5.gguf").said["error"] == "org/tiny has no file a.Q5.gguf"
    assert resolve(file="a.Q88.gguf").remedy == "Did you mean `a.Q8.gguf`?"


@pytest.mark.parametrize(
    ("others", "error", "remedy"),
    [
        ({"pytorch_model.bin": b""}, "pickle checkpoints are not loaded", "with safetensors"),
        ({"a.gguf": b"GGUF"}, "no safetensors, but GGUF files", "one of a.gguf"),
        ({}, "org/tiny holds no weights", "name"),
    ],
)
def test_a_repository_without_safetensors_is_refused_before_anything_is_fetched(
    hub: Hub, resolve: Resolve, others: dict[str, bytes], error: str, remedy: str
) -> None:
    hub.add("org/tiny", {"config.json": b"{}", **others})
    answer = resolve()
    assert error in answer.error
    assert remedy in answer.remedy
    assert hub.asked_for() == []


def test_a_missing_repository_and_a_missing_revision(
    hub: Hub, resolve: Resolve, gpt2: Path
) -> None:
    hub.add("org/tiny", gpt2)
    assert resolve(revision="v9").error == "org/tiny has no revision v9"
    for environment in ({}, {"HF_TOKEN": TOKEN}):
        answer = resolve("org/none", environment=environment)
        assert answer.error == f"{hub.url} has no repository org/none, or it is private"
        assert "HF_TOKEN" in answer.remedy
        assert TOKEN not in answer.output


def test_a_private_repository_opens_with_its_token(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    hub.add("org/tiny", gpt2, token=TOKEN)
    assert "or it is private" in resolve().error
    found = resolve(environment={"HF_TOKEN": TOKEN})
    assert "model.safetensors" in found.files
    assert TOKEN not in found.output


def test_a_gated_repository_says_where_to_ask(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    hub.add("org/tiny", gpt2, gated=True, token=TOKEN)
    for environment in ({}, {"HF_TOKEN": "hf_somebodyelses"}):
        answer = resolve(environment=environment)
        assert answer.error == "org/tiny is gated: its owner has to grant you access"
        assert f"Ask for access at {hub.url}/org/tiny, then set HF_TOKEN" in answer.remedy
        assert "somebodyelses" not in answer.output
    assert "model.safetensors" in resolve(environment={"HF_TOKEN": TOKEN}).files


def test_a_token_that_is_not_valid_is_told_and_not_shown(
    hub: Hub, resolve: Resolve, gpt2: Path
) -> None:
    hub.add("org/tiny", gpt2)
    answer = resolve(environment={"HF_TOKEN": "hf_invalid_12345"})
    assert answer.error == f"{hub.url} refused access to org/tiny (HTTP 401)"
    assert "valid token" in answer.remedy
    assert "hf_invalid" not in answer.output


@pytest.mark.parametrize(
    ("status", "said"), [(403, "refused access"), (429, "refuses more requests"), (503, "503")]
)
def test_a_hub_that_refuses_or_is_broken(
    hub: Hub, resolve: Resolve, gpt2: Path, status: int, said: str
) -> None:
    hub.add("org/tiny", gpt2)
    hub.broken = status
    answer = resolve()
    assert said in answer.error
    assert answer.said["code"] == "source-failed"


def test_an_unreachable_hub_is_named_without_its_password(resolve: Resolve) -> None:
    answer = resolve(environment={"HF_ENDPOINT": "http://me:sesame@127.0.0.1:9"})
    assert "127.0.0.1:9 could not be reached for org/tiny at main" in answer.error
    assert "HF_HUB_OFFLINE=1" in answer.remedy
    assert "sesame" not in answer.output


OFFLINE = {"HF_HUB_OFFLINE": "1"}


def test_offline_the_cache_is_enough(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    commit = hub.add("org/tiny", gpt2)
    online = resolve()
    hub.requests.clear()
    for revision in ("main", commit):
        offline = resolve(revision=revision, environment=OFFLINE)
        assert offline.folder == online.folder
        assert offline.said["commit"] == commit
        assert offline.said["license"] == "apache-2.0"
        assert offline.said["downloaded"] == "0"
    assert hub.requests == []


def test_offline_without_cache_says_what_forbids_it(
    hub: Hub, resolve: Resolve, gpt2: Path, workspace: Path
) -> None:
    hub.add("org/tiny", gpt2)
    answer = resolve(environment=OFFLINE)
    assert f"org/tiny at main is not in the cache {workspace}/hf/hub" in answer.error
    assert "HF_HUB_OFFLINE" in answer.remedy
    assert hub.requests == []


def test_offline_a_cache_with_the_tokenizer_only_has_no_model(
    hub: Hub, resolve: Resolve, gpt2: Path
) -> None:
    hub.add("org/tiny", gpt2)
    resolve(component="tokenizer")
    assert "holds no weights" in resolve(environment=OFFLINE).error
    assert resolve(component="tokenizer", environment=OFFLINE).folder


def test_weights_that_arrive_broken_are_refused(hub: Hub, resolve: Resolve, gpt2: Path) -> None:
    files = content(gpt2)
    files["model.safetensors"] = files["model.safetensors"][:-8]
    hub.add("org/tiny", files)
    assert "model.safetensors is corrupt" in resolve().error


def test_a_cache_that_cannot_be_written_is_no_fault_of_the_hub(
    hub: Hub, resolve: Resolve, gpt2: Path, workspace: Path
) -> None:
    hub.add("org/tiny", gpt2)
    (workspace / "hf").write_text("a file where the folder should be")
    answer = resolve()
    assert answer.said["code"] == "storage-failed"
    assert "HF_HOME" in answer.remedy


@pytest.mark.parametrize(
    "repo",
    ["org/name/more", "a b", "../x", "org/", "/org", "./model", "org/na--me", "https://x", "-a/b",
     "org/name.", "é/x"],
)  # fmt: skip
def test_a_name_of_the_wrong_form_is_a_finding(repo: str) -> None:
    (finding,) = HubSource(kind="hub", repo=repo).check(Path.cwd())
    assert (finding.code, finding.loc) == ("bad-repo", ("repo",))
    assert "org/name" in finding.remedy


def test_the_address_of_a_page_becomes_a_name() -> None:
    page = "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct/tree/main"
    (finding,) = HubSource(kind="hub", repo=page).check(Path.cwd())
    assert "Write `HuggingFaceTB/SmolLM2-135M-Instruct`" in finding.remedy


@pytest.mark.parametrize("repo", ["gpt2", "org/name", "HuggingFaceTB/SmolLM2-135M", "a/b.c_d"])
@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/pr/1", "57e1234", "feature/x+y"])
def test_names_of_the_right_form_are_fine(repo: str, revision: str) -> None:
    assert list(HubSource(kind="hub", repo=repo, revision=revision).check(Path.cwd())) == []


@pytest.mark.parametrize("revision", ["../../x", "a b", "/main", "a\\b", "-x", "refs/../x"])
def test_a_revision_of_the_wrong_form_is_a_finding(revision: str) -> None:
    (finding,) = HubSource(kind="hub", repo="a/b", revision=revision).check(Path.cwd())
    assert (finding.code, finding.loc) == ("bad-revision", ("revision",))


@pytest.mark.parametrize(
    ("file", "code"), [("sub/x.gguf", "file-outside"), ("model.safetensors", "not-gguf")]
)
def test_a_file_is_the_plain_name_of_a_gguf(file: str, code: str) -> None:
    (finding,) = HubSource(kind="hub", repo="a/b", file=file).check(Path.cwd())
    assert (finding.code, finding.loc) == (code, ("file",))
