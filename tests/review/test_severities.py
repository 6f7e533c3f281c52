"""Severities as a repository has them: with a reason, for as long as it says, and told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome
from tests.review.history import CHAT, LABELS, History

Cli = Callable[..., Outcome]
ACCEPTED = """\
severities:
  - {rule: param-removed, severity: cosmetic, reason: "nobody | sets it", expires: %s}
  - {rule: dtype-changed, recipe: "cha*", severity: breaking, reason: answers are compared}
"""


@pytest.fixture
def repo(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A repository in which a param went and a dtype changed since main."""
    history = History.start(workspace / "acme")
    history.write("chat.yaml", CHAT)
    history.write("labels.yaml", LABELS)
    history.commit("start")
    history.edit("chat.yaml", "  temperature: 0.7\n", "")
    history.edit("chat.yaml", "float32", "float16")
    history.edit("labels.yaml", "task:", "dtype: float16\ntask:")
    monkeypatch.chdir(history.folder)
    return history


def impacts(done: Outcome) -> dict[tuple[str, str], str]:
    recipes = done.document["recipes"]
    return {(one["name"], c["rule"]): c["impact"] for one in recipes for c in one["changes"]}


def test_changes_count_as_the_repository_says_and_that_is_told(cli: Cli, repo: History) -> None:
    before = cli("review", "main", "--output", "json")
    assert impacts(before)["chat", "param-removed"] == "breaking"
    (repo.folder / "review.yaml").write_text(ACCEPTED % "2999-12-31")
    done = cli("review", "main", "--output", "json", "--fail-on", "breaking")
    assert impacts(done) == {
        ("chat", "dtype-changed"): "breaking",
        ("chat", "param-removed"): "cosmetic",
        ("labels", "dtype-changed"): "behaviour",
    }
    assert done.code == 1
    (removed,) = (
        change
        for one in done.document["recipes"]
        for change in one["changes"]
        if change["rule"] == "param-removed"
    )
    assert removed["severity_of_rule"] == "breaking"
    assert removed["accepted"] == {"reason": "nobody | sets it", "expires": "2999-12-31"}
    text = cli("review", "main").stdout
    assert "### Counted otherwise here" in text
    assert "| breaking | cosmetic | nobody \\| sets it | 2999-12-31 |" in text


def test_they_are_read_of_the_side_after(cli: Cli, repo: History) -> None:
    (repo.folder / "review.yaml").write_text(ACCEPTED % "2999-12-31")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("topic")
    (repo.folder / "review.yaml").unlink()
    assert impacts(cli("review", "main", "topic", "--output", "json")) == {
        ("chat", "dtype-changed"): "breaking",
        ("chat", "param-removed"): "cosmetic",
        ("labels", "dtype-changed"): "behaviour",
    }


def test_one_that_has_expired_holds_no_more_and_is_named(cli: Cli, repo: History) -> None:
    (repo.folder / "review.yaml").write_text(ACCEPTED % "2020-01-01")
    done = cli("review", "main", "--output", "json")
    assert impacts(done)["chat", "param-removed"] == "breaking"
    assert [one["rule"] for one in done.document["expired"]] == ["param-removed"]
    assert "- `param-removed` until 2020-01-01: nobody" in cli("review", "main").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("severities:\n  - {rule: param-removd, severity: cost, reason: x}\n",
         "review.yaml:2:6 error[unknown-value]"),
        ("severities:\n  - {rule: dtype-changed, severity: fine, reason: x}\n",
         "fine is no class of change: write one of breaking, behaviour, cost, cosmetic."
         " docs/review.md says what it takes."),
        ("severities:\n  - {rule: dtype-changed, severity: cost}\n", "error[missing-key]"),
        ("severities:\n  - {rule: dtype-changed, severity: cost, reason: x, until: 1}\n",
         "error[unknown-key]"),
        ("severities:\n  - {rule: dtype-changed, severity: cost, reason: x, expires: soon}\n",
         "soon is no day"),
        ("accept: []\n", "review.yaml:1:1 error[unknown-key]"),
        ("severities: [\n", "review.yaml:2:1 error[unreadable-yaml]"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_file_is_a_finding(
    cli: Cli, repo: History, text: str, said: str
) -> None:
    (repo.folder / "review.yaml").write_text(text)
    done = cli("review", "main")
    assert (done.code, said in done.stderr) == (2, True), done.stderr
