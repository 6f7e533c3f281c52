"""What lies beside recipes: the groups they take, and the weights they name."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome
from tests.review.history import CHAT, LABELS, History

Cli = Callable[..., Outcome]
LOCAL = """\
task: text-classification
source: {kind: local, path: ../weights/mine}
"""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


@pytest.fixture
def repo(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """An empty repository; the working directory is its top."""
    history = History.start(workspace / "acme")
    monkeypatch.chdir(history.folder)
    return history


def _put(repo: History, name: str, text: str) -> None:
    file = repo.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _reviewed(cli: Cli, *arguments: str) -> dict[str, tuple[set[str], list[str]]]:
    done = cli("review", *arguments, "--output", "json")
    assert done.code == 0, done.stderr + done.stdout
    recipes = done.document["recipes"]
    return {one["name"]: ({c["rule"] for c in one["changes"]}, one["files"]) for one in recipes}


def _grouped(repo: History, below: str = "") -> None:
    _put(repo, f"{below}configs/evaluation/quick.yaml", "inputs: [one]\n")
    _put(repo, f"{below}configs/params/x.yaml", "max_new_tokens: 8\n")
    takes = "defaults: [{/params: x}, {/evaluation: quick}, _self_]\n"
    plain = CHAT.split("params:")[0]
    _put(repo, f"{below}recipes/chat.yaml", takes + plain)
    _put(repo, f"{below}recipes/labels.yaml", LABELS)
    repo.commit("groups")


GROUPS = [
    ("configs/evaluation/quick.yaml", "inputs: [two]\n", {"proof-changed"}),
    ("configs/params/x.yaml", "max_new_tokens: 9\n", {"param-default"}),
    ("configs/params/x.yaml", "# Words.\nmax_new_tokens: 8\n", {"recipe-rewritten"}),
]


@pytest.mark.parametrize(("file", "text", "rules"), GROUPS)
@pytest.mark.parametrize("below", ["", "team/"])
def test_a_group_changes_the_recipes_that_take_it(
    repo: History, cli: Cli, file: str, text: str, rules: set[str], below: str
) -> None:
    _grouped(repo, below)
    here = ["--config-dir", "team"] if below else []
    _put(repo, below + file, text)
    assert _reviewed(cli, "HEAD", *here) == {"chat": (rules, [below + file])}
    repo.commit("a group")
    assert _reviewed(cli, "HEAD~1", "HEAD", *here) == {"chat": (rules, [below + file])}
    assert f"`{below}{file}`" in cli("review", "HEAD~1", *here).stdout


def test_a_group_that_is_gone_breaks_who_takes_it(repo: History, cli: Cli) -> None:
    _grouped(repo)
    (repo.folder / "configs" / "params" / "x.yaml").unlink()
    assert _reviewed(cli, "HEAD") == {"chat": ({"recipe-broken"}, ["configs/params/x.yaml"])}


def test_a_folder_named_may_hold_groups_alone(repo: History, cli: Cli) -> None:
    _grouped(repo)
    (repo.folder / "shared").mkdir()
    (repo.folder / "configs").rename(repo.folder / "shared" / "configs")
    repo.commit("shared groups")
    assert _reviewed(cli, "HEAD", "--config-dir", "shared") == {}
    _put(repo, "shared/configs/params/x.yaml", "max_new_tokens: 9\n")
    rules, _ = _reviewed(cli, "HEAD", "--config-dir", "shared")["chat"]
    assert rules == {"param-default"}


def _weighed(repo: History) -> None:
    _put(repo, "weights/mine/config.json", "{}")
    _put(repo, "weights/mine/model.safetensors", "old")
    _put(repo, "weights/mine/README.md", "words")
    _put(repo, "weights/other/model.safetensors", "other")
    repo.write("local.yaml", LOCAL)
    repo.write("labels.yaml", LABELS)
    repo.commit("weights")


@pytest.mark.parametrize(
    ("name", "rule"), [("model.safetensors", "files-changed"), ("README.md", "files-beside")]
)
def test_weights_in_the_repository_are_compared(
    repo: History, cli: Cli, name: str, rule: str
) -> None:
    _weighed(repo)
    _put(repo, f"weights/mine/{name}", "new")
    _put(repo, "weights/other/model.safetensors", "more")
    expected = {"local": ({rule}, [f"weights/mine/{name}"])}
    assert _reviewed(cli, "HEAD") == expected
    repo.commit("new weights")
    assert _reviewed(cli, "HEAD~1", "HEAD") == expected
    assert _reviewed(cli, "HEAD") == {}
    done = cli("review", "HEAD~1", "HEAD")
    assert "`source.files`" in done.stdout


def test_weights_below_a_folder_that_is_called_like_a_pattern_are_compared(
    repo: History, cli: Cli
) -> None:
    _put(repo, "weights/what?/model.safetensors", "old")
    _put(repo, "weights/whats/model.safetensors", "another")
    repo.write("local.yaml", LOCAL.replace("../weights/mine", '"../weights/what?"'))
    repo.commit("weights")
    _put(repo, "weights/what?/model.safetensors", "new")
    _put(repo, "weights/whats/model.safetensors", "more")
    assert _reviewed(cli, "HEAD") == {
        "local": ({"files-changed"}, ["weights/what?/model.safetensors"])
    }


def test_weights_come_and_go(repo: History, cli: Cli) -> None:
    _weighed(repo)
    (repo.folder / "weights" / "mine" / "model.safetensors").unlink()
    _put(repo, "weights/mine/model-00001-of-00002.safetensors", "new")
    (one,) = cli("review", "HEAD", "--output", "json").document["recipes"]
    (change,) = one["changes"]
    assert change["before"]["weights/mine/model-00001-of-00002.safetensors"] == "absent"
    assert change["after"]["weights/mine/model.safetensors"] == "absent"


def test_a_source_that_moves_with_its_weights_is_told_once(repo: History, cli: Cli) -> None:
    _weighed(repo)
    repo.edit("local.yaml", "mine", "other")
    rules, _ = _reviewed(cli, "HEAD")["local"]
    assert rules == {"weights-replaced"}


def test_weights_that_lfs_keeps_are_known_by_their_pointer(repo: History, cli: Cli) -> None:
    _weighed(repo)
    kept = POINTER.format(hashlib.sha256(b"large").hexdigest(), 5)
    _put(repo, "weights/mine/model.safetensors", kept)
    repo.commit("a pointer")
    _put(repo, "weights/mine/model.safetensors", "large")
    assert _reviewed(cli, "HEAD") == {}
    _put(repo, "weights/mine/model.safetensors", "moved")
    assert _reviewed(cli, "HEAD")["local"][0] == {"files-changed"}


MEASURED = """\
task: text-classification
source: {kind: hub, repo: o/m}
evaluation:
  dataset: {path: ../data/reviews.csv, target: label}
  metrics: [accuracy]
"""


def test_rows_in_the_repository_are_compared(repo: History, cli: Cli) -> None:
    _put(repo, "data/reviews.csv", "text,label\na,POSITIVE\n")
    repo.write("measured.yaml", MEASURED)
    repo.write("several.yaml", MEASURED.replace("reviews.csv", "re*.csv"))
    repo.write("labels.yaml", LABELS)
    repo.commit("rows")
    _put(repo, "data/reviews.csv", "text,label\na,NEGATIVE\n")
    changed = ({"data-changed"}, ["data/reviews.csv"])
    expected = {"measured": changed, "several": changed}
    assert _reviewed(cli, "HEAD") == expected
    repo.commit("other rows")
    assert _reviewed(cli, "HEAD~1", "HEAD") == expected
    assert "`evaluation.dataset.files`" in cli("review", "HEAD~1", "HEAD").stdout
    (repo.folder / "data" / "reviews.csv").rename(repo.folder / "data" / "moved.csv")
    repo.write("measured.yaml", MEASURED.replace("reviews", "moved"))
    assert _reviewed(cli, "HEAD")["measured"][0] == {"proof-changed"}


SEARCHED = """\
task: feature-extraction
source: {kind: hub, repo: o/m}
evaluation:
  dataset:
    path: ../data/queries.csv
    target: right
    corpus: {path: ../data/corpus.csv}
  metrics: [mrr]
"""


def test_a_corpus_and_the_code_of_a_metric_are_compared(repo: History, cli: Cli) -> None:
    _put(repo, "data/queries.csv", "query,right\na,1\n")
    _put(repo, "data/corpus.csv", "id,text\n1,a\n")
    _put(repo, "tone.py", "def short(answer, target):\n    return len(answer) < 9\n")
    repo.write("searched.yaml", SEARCHED)
    repo.write("toned.yaml", MEASURED.replace("accuracy", '"tone:short"'))
    _put(repo, "data/reviews.csv", "text,label\na,POSITIVE\n")
    repo.commit("a corpus, and a metric")
    _put(repo, "data/corpus.csv", "id,text\n1,b\n")
    _put(repo, "tone.py", "def short(answer, target):\n    return len(answer) < 8\n")
    assert _reviewed(cli, "HEAD") == {
        "searched": ({"data-changed"}, ["data/corpus.csv"]),
        "toned": ({"metric-code-changed"}, ["tone.py"]),
    }
