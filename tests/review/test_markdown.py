"""What a reviewer reads: the golden comment, and values that would like to be markup."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from runner.recipe.language.digest import digest
from runner.recipe.language.models import Recipe
from runner.review.markdown import LONGEST
from runner.review.quoting import cell
from runner.text.quoting import block, code, prose
from tests.conftest import REPOSITORY, Outcome
from tests.review.history import BASE, CHAT, LABELS, OF_BASE, History, lock

Cli = Callable[..., Outcome]
GOLDEN = REPOSITORY / "docs" / "review-example.md"
LONG = """\
prompt_template: |-
  You are an assistant of ACME, a parcel service.
  Answer in one sentence%s.
  | never | quote `code` or <b>HTML</b> |
  Question: {prompt}
  Answer:
"""


def _html(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


def _write_main(h: History) -> None:
    chat = re.sub("prompt_template.*\n", LONG % "", CHAT)
    h.write("chat.yaml", chat)
    h.write("labels.yaml", LABELS)
    h.write("labels.lock.yaml", lock(recipe=_digest(LABELS)))
    h.write("_base.yaml", BASE)
    for language in ("English", "French", "Dutch", "Polish"):
        h.write(f"answers/{language[:2].lower()}.yaml", OF_BASE % f"in {language}")
    h.write("old.yaml", LABELS.replace("sentiment", "spam"))
    h.write("topics.yaml", LABELS.replace("sentiment", "topics"))
    h.write("tags.yaml", LABELS.replace("sentiment", "tags"))
    h.write("same.yaml", LABELS.replace("sentiment", "same"))


def _change(h: History) -> None:
    h.edit("chat.yaml", "  temperature: 0.7\n", "  top_p: 0.9\n")
    h.edit("chat.yaml", "max_new_tokens: 64", "max_new_tokens: 128")
    h.edit("chat.yaml", "float32", "bfloat16")
    h.edit("chat.yaml", "in one sentence", "in one sentence, politely")
    h.edit("chat.yaml", "contains: parcel", "regex: '`parcel` | <b>'")
    h.edit("labels.yaml", "v3", "v4")
    moved = lock(
        recipe=_digest(h.read("labels.yaml")), commit="2" * 40, weights="b" * 64,
        license="cc-by-nc-4.0", parameters=355_000_000, torch="2.7.1", accuracy=0.934,
    )  # fmt: skip
    h.write("labels.lock.yaml", moved)
    h.edit("_base.yaml", "max_new_tokens: 64", "max_new_tokens: 32")
    (h.folder / "recipes" / "old.yaml").unlink()
    (h.folder / "recipes" / "topics.yaml").rename(h.folder / "recipes" / "subjects.yaml")
    h.edit("tags.yaml", "revision", "revison")
    h.write("same.yaml", "# Kept for comparison.\n" + h.read("same.yaml"))
    h.write("german.yaml", OF_BASE % "in German")


def _digest(text: str) -> str:
    return digest(Recipe.model_validate(yaml.safe_load(text)))


@pytest.fixture
def branch(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A branch that changes much, in the working tree."""
    history = History.start(workspace / "acme")
    _write_main(history)
    history.commit("main")
    _change(history)
    monkeypatch.chdir(history.folder)
    return history


def test_the_golden_comment(branch: History, cli: Cli) -> None:
    text = cli("review", "main").stdout
    if os.environ.get("UPDATE_DOCS"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "look at it, then UPDATE_DOCS=1"


def test_every_value_is_text_in_the_rendered_comment(branch: History, cli: Cli) -> None:
    html = _html(cli("review", "main").stdout)
    assert "<b>" not in html
    assert "&lt;b&gt;HTML&lt;/b&gt;" in html
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    assert {len(re.findall("<t[hd]", row)) for row in rows} == {5}
    assert html.count("<details>") == html.count("</details>") > 0


NASTY = [
    "`", "``", "` ``", "a|b", "<script>alert(1)</script>", "[x](javascript:alert(1))", "![](x)",
    "@team", "#1", "~~x~~", "</details>", "a\u202eb", "\x1b[31mred", "&lt;", "*x*", "\\", "a\\|b",
    "| |\n|---|", "```\nx\n```", " ", "",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_markup(text: str) -> None:
    for shown in (code(text), prose(f"a `{text}` b"), prose(text), block(text)):
        html = _html(shown)
        tags = set(re.findall(r"</?([a-z]+)", html))
        assert tags <= {"p", "code", "pre"}, (shown, html)
    row = _html(f"| x | y |\n|---|---|\n| {cell(text)} | z |\n")
    if "\n" not in text and "\\|" not in text:
        assert row.count("<td>") == 2
        assert set(re.findall(r"</?([a-z]+)", row)) <= {
            "table", "thead", "tbody", "tr", "th", "td", "code",
        }  # fmt: skip
    assert "\u202e" not in row
    assert "\x1b" not in row


def test_nothing_to_review(branch: History, cli: Cli) -> None:
    branch.commit("all")
    done = cli("review", "HEAD", "HEAD")
    assert "No recipe differs (10 recipes unchanged)." in done.stdout


def test_a_comment_is_never_too_long(branch: History, cli: Cli) -> None:
    for number in range(60):
        branch.write(f"many/{number}.yaml", CHAT.replace("{prompt}", f"{number} {{prompt}}"))
    branch.commit("many")
    for number in range(60):
        more = f"{number} {{prompt}} {'long words ' * 300}"
        branch.write(f"many/{number}.yaml", CHAT.replace("{prompt}", more))
    branch.edit("chat.yaml", "task: text-generation\n", "task: summarization\n")
    text = cli("review", "HEAD").stdout
    assert len(text) <= LONGEST
    assert text.index("**breaking**") < text.index("many/")
    assert json.loads(cli("review", "HEAD", "--output", "json").stdout)["counts"]["behaviour"] >= 60
