"""A history of recipes, commit by commit: what each commit means to those who call the models."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conftest import Outcome
from tests.review.history import BASE, CHAT, LABELS, OF_BASE, History, lock

Cli = Callable[..., Outcome]


@dataclass
class Commit:
    """One commit and what a review must say of it.

    Args:
        title: Its message.
        edit: What it does to the files.
        expected: Rules by recipe; recipes that are not named must not be in the review.
        impact: The gravest class.
    """

    title: str
    edit: Callable[[History], Any]
    expected: dict[str, set[str]] = field(default_factory=dict)
    impact: str = "cosmetic"


def _start(h: History) -> None:
    h.write("chat.yaml", CHAT)
    h.write("labels.yaml", LABELS)
    h.write("_base.yaml", BASE)
    h.write("en.yaml", OF_BASE % "in English")
    h.write("fr.yaml", OF_BASE % "in French")


def _comment(h: History) -> None:
    h.write("chat.yaml", "# The one that customers see.\n" + h.read("chat.yaml"))


def _key_order(h: History) -> None:
    first, *rest = LABELS.splitlines(keepends=True)
    h.write("labels.yaml", "".join([*rest, first]))


def _refactor(h: History) -> None:
    text = h.read("chat.yaml")
    shared = "source: {kind: hub, repo: acme/chat-7b, revision: v1}\ndtype: float32\n"
    h.write("shared/_chat.yaml", shared)
    h.write("chat.yaml", "defaults: [/recipe/shared/_chat, _self_]\n" + text.replace(shared, ""))


def _move(old: str, new: str) -> Callable[[History], None]:
    def move(h: History) -> None:
        (h.folder / "recipes" / new).parent.mkdir(parents=True, exist_ok=True)
        (h.folder / "recipes" / old).rename(h.folder / "recipes" / new)

    return move


def _merge(h: History) -> None:
    """Merge a branch that changed two recipes; the review of the merge is against main."""
    h.git("checkout", "--quiet", "-b", "topic")
    h.edit("support.yaml", "max_new_tokens: 64", "max_new_tokens: 96")
    h.git("commit", "--quiet", "--all", "-m", "longer answers")
    h.edit("labels.yaml", "I like it.", "I love it.")
    h.git("commit", "--quiet", "--all", "-m", "a warmer example")
    h.git("checkout", "--quiet", "main")
    h.git("merge", "--quiet", "--no-ff", "-m", "merge topic", "topic")


def _edit(name: str, old: str, new: str) -> Callable[[History], None]:
    return lambda h: h.edit(name, old, new)


COMMITS = [
    Commit("comment only", _comment, {"chat": {"recipe-rewritten"}}),
    Commit("key order", _key_order, {"labels": {"recipe-rewritten"}}),
    Commit("refactor to a base", _refactor, {"chat": {"recipe-rewritten"}}),
    Commit(
        "short form written out",
        _edit("chat.yaml", "max_new_tokens: 64", "max_new_tokens: {type: long, default: 64}"),
        {"chat": {"recipe-rewritten"}},
    ),
    Commit("back to the short form", _edit("chat.yaml", "{type: long, default: 64}", "64"),
           {"chat": {"recipe-rewritten"}}),
    Commit("another line for ls", _edit("chat.yaml", "answers customers", "answers everyone"),
           {"chat": {"description-changed"}}),
    Commit("rename", _move("chat.yaml", "support.yaml"), {"support": {"recipe-renamed"}}),
    Commit("param added", _edit("support.yaml", "params:\n", "params:\n  top_k: 50\n"),
           {"support": {"param-added"}}, "behaviour"),
    Commit("param that changes nothing added",
           _edit("support.yaml", "params:\n", "params:\n  top_p: {type: double, default: null}\n"),
           {"support": {"param-offered"}}),
    Commit("default changed", _edit("support.yaml", "temperature: 0.7", "temperature: 0.2"),
           {"support": {"param-default"}}, "behaviour"),
    Commit("param retyped", _edit("support.yaml", "type: double", "type: float"),
           {"support": {"param-retyped"}}, "breaking"),
    Commit("param widened",
           _edit("support.yaml", "max_new_tokens: 64",
                 "max_new_tokens: 64\n  min_new_tokens: {type: integer, default: null}"),
           {"support": {"param-offered"}}),
    Commit("integer to long", _edit("support.yaml", "type: integer", "type: long"),
           {"support": {"param-widened"}}),
    Commit("param removed", _edit("support.yaml", "  temperature: 0.2\n", ""),
           {"support": {"param-removed"}}, "breaking"),
    Commit("dtype", _edit("shared/_chat.yaml", "float32", "bfloat16"),
           {"support": {"dtype-changed"}}, "behaviour"),
    Commit("revision bump", _edit("shared/_chat.yaml", "revision: v1", "revision: v2"),
           {"support": {"revision-moved"}}, "behaviour"),
    Commit("another model", _edit("shared/_chat.yaml", "acme/chat-7b", "acme/chat-13b"),
           {"support": {"weights-replaced"}}, "behaviour"),
    Commit("template", _edit("support.yaml", "Question:", "Q:"),
           {"support": {"template-changed"}}, "behaviour"),
    Commit("model_config", _edit("support.yaml", "num_beams: 1", "num_beams: 4"),
           {"support": {"model-config-changed"}}, "behaviour"),
    Commit("model_config that a param hides",
           _edit("support.yaml", "num_beams: 4", "num_beams: 4, max_new_tokens: 9"),
           {"support": {"model-config-unheard"}}),
    Commit("batches", _edit("support.yaml", "num_beams: 4", "num_beams: 4, batch_tokens: 4096"),
           {"support": {"run-setting"}}, "cost"),
    Commit("base edit", _edit("_base.yaml", "max_new_tokens: 64", "max_new_tokens: 32"),
           {"en": {"param-default"}, "fr": {"param-default"}}, "behaviour"),
    Commit("base renamed", lambda h: (
               _move("_base.yaml", "_common.yaml")(h),
               [h.edit(f"{n}.yaml", "/recipe/_base", "/recipe/_common") for n in ("en", "fr")]),
           {"en": {"recipe-rewritten"}, "fr": {"recipe-rewritten"}}),
    Commit("merge", _merge, {"support": {"param-default"}, "labels": {"example-changed"}},
           "behaviour"),
    Commit("rename and edit", lambda h: (
               _move("en.yaml", "lang/english.yaml")(h),
               h.edit("lang/english.yaml", "in English", "in plain English")),
           {"lang/english": {"recipe-renamed", "description-changed"}}),
    Commit("addition", lambda h: h.write("new.yaml", LABELS.replace("sentiment", "topics")),
           {"new": {"recipe-added"}}),
    Commit("deletion", lambda h: (h.folder / "recipes" / "fr.yaml").unlink(),
           {"fr": {"recipe-deleted"}}, "breaking"),
    Commit("gate loosened", _edit("support.yaml", "    - {contains: parcel}",
                                  "    - {regex: '[Pp]arcel'}"),
           {"support": {"promise-withdrawn", "promise-added"}}, "behaviour"),
    Commit("registered name", _edit("support.yaml", "register_as: chat", "register_as: support"),
           {"support": {"registered-name"}}, "breaking"),
    Commit("MLflow's inference code",
           lambda h: h.write("new.yaml", h.read("new.yaml") + "pyfunc: mlflow\n"),
           {"new": {"pyfunc-narrowed"}}, "breaking"),
    Commit("requirements",
           lambda h: h.write("new.yaml", h.read("new.yaml")
                             + "requirements: {extra: [sentencepiece==0.1.99]}\n"),
           {"new": {"package-set"}}, "cost"),
    Commit("requirement moved", _edit("new.yaml", "0.1.99", "0.2.0"),
           {"new": {"package-major"}}, "behaviour"),
    Commit("task", _edit("new.yaml", "text-classification", "token-classification"),
           {"new": {"task-changed", "output-removed", "output-added"}}, "breaking"),
    Commit("typo", _edit("new.yaml", "revision", "revison"),
           {"new": {"recipe-broken"}}, "breaking"),
    Commit("typo mended", _edit("new.yaml", "revison", "revision"), {"new": {"recipe-mended"}}),
    Commit("nothing of recipes", lambda h: (h.folder / "README").write_text("words")),
    Commit("lock written", lambda h: h.write("labels.lock.yaml", lock()),
           {"labels": {"lock-added", "lock-stale"}}),
    Commit("files of the same commit moved",
           lambda h: h.write("labels.lock.yaml", lock(commit="2" * 40, weights="b" * 64)),
           {"labels": {"commit-moved", "files-changed", "outputs-moved", "lock-stale"}},
           "behaviour"),
    Commit("model card", lambda h: h.write(
               "labels.lock.yaml", lock(commit="3" * 40, weights="b" * 64, readme="f" * 64)),
           {"labels": {"commit-moved", "files-beside", "lock-stale"}}, "behaviour"),
    Commit("licence", lambda h: h.edit("labels.lock.yaml", "license: mit", "license: gpl-3.0"),
           {"labels": {"licence-changed", "lock-stale"}}, "breaking"),
    Commit("size", lambda h: h.write("labels.lock.yaml", lock(
               commit="3" * 40, weights="b" * 64, readme="f" * 64, license="gpl-3.0",
               parameters=248_000_000)),
           {"labels": {"files-changed", "parameters-changed", "size-changed", "lock-stale"}},
           "behaviour"),
    Commit("packages and metrics", lambda h: (
               h.edit("labels.lock.yaml", "torch: 2.6.0", "torch: 2.7.1"),
               h.edit("labels.lock.yaml", "accuracy: 0.91", "accuracy: 0.88")),
           {"labels": {"package-moved", "metric-moved", "lock-stale"}}, "behaviour"),
    Commit("lock gone", lambda h: (h.folder / "recipes" / "labels.lock.yaml").unlink(),
           {"labels": {"lock-removed"}}, "behaviour"),
]  # fmt: skip


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The whole history, written once."""
    history = History.start(tmp_path_factory.mktemp("history"))
    _start(history)
    history.commit("start")
    for commit in COMMITS:
        commit.edit(history)
        history.commit(commit.title)
    return history


@pytest.mark.parametrize("number", range(len(COMMITS)), ids=[c.title for c in COMMITS])
def test_each_commit_has_its_class(
    number: int, history: History, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history.folder)
    commit = COMMITS[number]
    before = COMMITS[number - 1].title if number else "start"
    done = cli("review", history.commits[before], history.commits[commit.title], "--output", "json")
    assert done.code == 0, done.stderr
    document = done.document
    found = {one["name"]: {c["rule"] for c in one["changes"]} for one in document["recipes"]}
    assert found == commit.expected
    assert document["impact"] == commit.impact
    assert sum(document["counts"].values()) == sum(len(r["changes"]) for r in document["recipes"])


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("param removed", {"breaking": 1, "behaviour": 1, "cost": 1}),
        ("template", {"breaking": 0, "behaviour": 1, "cost": 1}),
        ("batches", {"breaking": 0, "behaviour": 0, "cost": 1}),
        ("comment only", {"breaking": 0, "behaviour": 0, "cost": 0}),
    ],
)
def test_fail_on_ends_with_1_for_the_class_and_graver_ones(
    title: str, codes: dict[str, int], history: History, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history.folder)
    commit = history.commits[title]
    assert {c: cli("review", f"{commit}^", commit, "--fail-on", c).code for c in codes} == codes
