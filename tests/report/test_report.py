"""The report: what decides comes first, strangers' texts stay texts, and the page stays small."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from runner.evaluated import Verdict
from runner.records import CheckRecord, Outcome
from runner.report.rows import choose
from tests.report.reported import labels, recipe_of, record_of, report_of

HOSTILE = (
    "</script><script>alert(1)</script><!--<script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "a | b ` c ``d`` | e\n## f\n[x](javascript:alert(1)) ![y](http://127.0.0.1/z) <b>",
    "\x1b[31m\x00\u202eturned\u202c\u2028 \x7f",
)


class Page(HTMLParser):
    """The elements of a page, and what is inside its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "h1": [], "dd": []}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.inside:
            self.inside[self._open][-1] += data

    @property
    def rows(self) -> dict[str, Any]:
        return json.loads(self.inside["script"][0])


def rows(count: int, wrong: int, text: str = "Text", **of: str) -> list[tuple]:
    """Give rows of two labels, of which the first ones are wrong."""
    said = (("bad", "good") if n < wrong else ("good", "bad") for n in range(count))
    answers = [labels(best, 0.6 + 0.001 * (n % 90), other) for n, (best, other) in enumerate(said)]
    return [(f"{text} {n}", "good", answer, of) for n, answer in enumerate(answers)]


def test_the_verdict_and_its_reason_come_first(tmp_path: Path) -> None:
    recipe = recipe_of(gates={"accuracy": ">= 0.99"})
    html, markdown = report_of(recipe, rows(100, 30), tmp_path)
    assert markdown.startswith(
        "# Failed: `text-classification/reviews`\n\naccuracy did not pass.\n\n## Gates\n"
    )
    assert "| `accuracy` | **failed** | `>= 0.99` | 0.7 | 0.6042 to 0.7811 |" in markdown
    order = [html.index(one) for one in ('class="verdict failed"', 'id="gates"', 'id="metrics"',
             'id="rows"', 'id="classes"', 'id="speed"', 'id="provenance"')]  # fmt: skip
    assert order == sorted(order)
    assert "accuracy did not pass." in html


@pytest.mark.parametrize(
    ("gates", "wrong", "said"),
    [
        ({"accuracy": ">= 0.5"}, 10, "1 gate and 1 check passed."),
        ({"accuracy": ">= 0.89"}, 10, "There are too few rows to say whether it meets accuracy."),
        ({}, 10, "1 check passed."),
        ({"roc_auc": ">= 0.5"}, 100, "roc_auc did not pass."),
        ({"roc_auc": None}, 100, "roc_auc (not defined on these rows) did not pass."),
    ],
)  # fmt: skip
def test_every_verdict_has_its_reason(
    tmp_path: Path, gates: dict[str, str], wrong: int, said: str
) -> None:
    metrics = ["accuracy", *(["roc_auc"] if "roc_auc" in gates else [])]
    gates = {name: gate for name, gate in gates.items() if gate}
    html, _ = report_of(recipe_of(metrics=metrics, gates=gates), rows(100, wrong), tmp_path)
    assert said in html


def test_a_failed_check_is_a_reason_though_gates_pass(tmp_path: Path) -> None:
    failed = CheckRecord(name="rows", view="pyfunc", outcome=Outcome.FAILED, message="2 of 3 <b>")
    fields = {"checks": [failed], "verdict": Verdict.FAILED}
    recipe = recipe_of(gates={"accuracy": ">= 0.5"})
    html, markdown = report_of(recipe, rows(100, 10), tmp_path, fields)
    assert "1 check of the proof did not pass." in html
    assert "| `rows` | pyfunc | failed | 2 of 3 \\<b\\> |" in markdown


def hostile_report(folder: Path) -> tuple[str, str]:
    """Give a report in which everything that a stranger may say is hostile."""
    said = [
        (text, other, labels(text, 0.9, other), {"kind": text})
        for text in HOSTILE
        for other in HOSTILE
    ]
    check = CheckRecord(name=HOSTILE[0], view="v", outcome=Outcome.FAILED, message=HOSTILE[1])
    fields = {
        **{"recipe": HOSTILE[0], "point": HOSTILE[1], "overrides": list(HOSTILE)},
        **{"checks": [check], "notes": [*HOSTILE, "half \ud800"], "verdict": Verdict.FAILED},
    }
    recipe = recipe_of(metrics=["accuracy", "f1_macro"], slices=["kind"])
    return report_of(recipe, said, folder, fields)


def test_texts_of_strangers_stay_texts_in_html(tmp_path: Path) -> None:
    html, _ = hostile_report(tmp_path)
    page = Page(html)
    assert [tag for tag, _ in page.tags].count("script") == 2
    known = {"img", "b", "iframe", "link", "object", "base"}
    assert not known & {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert page.inside["h1"] == [HOSTILE[0]]
    shown = page.rows["rows"]
    assert {row[1] for row in shown} == {
        *HOSTILE[:-1],
        "\\u001b[31m\\u0000\\u202eturned\\u202c\\u2028 \\u007f",
    }
    assert not re.search("[\u202a-\u202e\u2028\x00\x1b\x7f]", html)
    assert "{{ 7 * 7 }}" in html


def test_texts_of_strangers_stay_texts_in_markdown(tmp_path: Path) -> None:
    _, markdown = hostile_report(tmp_path)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= {
        *("h1", "h2", "p", "code", "strong", "table", "thead", "tbody", "tr", "th", "td"),
    }
    assert not re.search("[\u202a-\u202e\u2028\x00\x1b\x7f]", markdown)
    heads = {len(re.findall(r"(?<!\\)\|", line)) for line in markdown.split("\n")
             if line.startswith("| `r")}  # fmt: skip
    assert heads == {5}


def test_the_page_runs_its_own_script_and_asks_for_nothing(tmp_path: Path) -> None:
    html, _ = report_of(recipe_of(), rows(10, 2), tmp_path)
    page = Page(html)
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv")]
    script, style = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (page.inside["script"][1], page.inside["style"][0])
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    named = [value for _, attrs in page.tags for name, value in attrs.items()
             if name in ("src", "href", "action", "style", "xlink:href")]  # fmt: skip
    assert all(value.startswith("#") for value in named)
    assert not re.search(r"https?:|//[a-z]", html.replace("</", ""))


@pytest.mark.parametrize("letter", ["字", "\x00"])
def test_2000_rows_take_300_kb_however_long_they_are(tmp_path: Path, letter: str) -> None:
    long = letter * 900
    said = [
        (f"{n} {long}", f"{n % 60} {long}", labels("bad", 0.7, long), {"lang": f"of {n % 50}"})
        for n in range(2000)
    ]
    recipe = recipe_of(slices=["lang"])
    html, markdown = report_of(recipe, said, tmp_path)
    assert 150_000 < len(html.encode()) <= 300_000
    assert len(markdown.encode()) <= 100_000
    assert len(Page(html).rows["rows"]) > 500


def test_wrong_rows_come_first_in_full_and_all_2000_are_there(tmp_path: Path) -> None:
    html, markdown = report_of(recipe_of(), rows(2000, 100, "word " * 40), tmp_path)
    assert len(html.encode()) <= 300_000
    shown = Page(html).rows["rows"]
    assert len(shown) == 2000
    assert [row[5] for row in shown] == [1] * 100 + [0] * 1900
    sure = [row[4] for row in shown[:100]]
    assert sure == sorted(sure, reverse=True)
    assert all(row[1].startswith("word " * 40) for row in shown[:100])
    assert "**100** of" in re.sub("</?strong>", "**", html)
    assert "100 of 2000 rows are not right by `accuracy`." in markdown


def test_of_more_rows_the_worst_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    recipe = recipe_of()
    said = rows(2500, 0)
    said[2400] = ("the wrong one", "good", labels("bad", 0.7, "good"), {})
    table = Path(record_of(recipe, said, tmp_path).evaluation.table)
    chosen = choose(table, recipe)
    assert (len(chosen.shown), chosen.total, chosen.wrong) == (2000, 2500, 1)
    assert [row.given for row in chosen.shown[:2]] == ["the wrong one", "Text 0"]


def test_classes_and_calibration_are_those_of_the_rows(tmp_path: Path) -> None:
    said = [
        *[("x", "cat", labels("cat", 0.9, "dog"), {})] * 30,
        *[("x", "cat", labels("dog", 0.6, "cat"), {})] * 10,
        *[("x", "dog", labels("dog", 0.8, "cat"), {})] * 20,
    ]
    html, markdown = report_of(recipe_of(), said, tmp_path)
    assert "| `cat` | 30 | 10 |" in markdown
    assert "| `dog` | 0 | 20 |" in markdown
    assert re.search(r"\| `dog` \| 20 \| 0\.6667 \(0\.48\d+ to 0\.80\d+\) \| 1 \(", markdown)
    assert "| 0.5 to 0.6 | 0.600 | 0.000 | 10 |" in markdown
    assert "10 rows: cat answered as dog" in html
    (histogram,) = re.findall(r'<svg class="histogram".*?</svg>', html, re.S)
    assert sum(map(int, re.findall(r": (\d+)</title>", histogram))) == 100  # rows that were timed


def test_many_classes_are_a_list_of_mistakes(tmp_path: Path) -> None:
    said = [
        ("x", f"c{n % 40}", [{"label": f"c{n % 40 if n % 4 else 7}", "score": 1.0}], {})
        for n in range(400)
    ]
    _, markdown = report_of(recipe_of(), said, tmp_path)
    assert "## Confusion matrix" not in markdown
    assert "## Mistakes" in markdown
    assert "| `c0` | `c7` | 10 |" in markdown


def test_slices_are_a_table_each(tmp_path: Path) -> None:
    said = [*rows(60, 30, lang="de"), *rows(40, 4, lang="a.b")]
    html, markdown = report_of(recipe_of(slices=["lang"]), said, tmp_path)
    section = markdown[markdown.index("## By `lang`") :]
    assert "| `de` | 60 | 0.5 (0.3774 to 0.6226) |" in section
    assert "| `a.b` | 40 | 0.9 (" in section
    assert '<th scope="row">de</th><td class="number">60</td>' in html


def test_answers_that_are_texts_are_side_by_side(tmp_path: Path) -> None:
    recipe = recipe_of("automatic-speech-recognition", metrics=["wer"], gates={})
    said = [("a.wav", "one two", "one two", {}), ("b.wav", "one two", "one too many", {})]
    html, markdown = report_of(recipe, said, tmp_path)
    assert "| `r2` | `b.wav` | `one two` | `one too many` |" in markdown
    assert "1 of 2 rows are not right by `wer`." in markdown
    assert 'id="classes"' not in html


def test_without_data_the_proof_is_reported(tmp_path: Path) -> None:
    html, markdown = report_of(
        recipe_of(), rows(10, 2), tmp_path, {"evaluation": None, "verdict": Verdict.PASSED}
    )
    assert markdown.startswith("# Passed:")
    assert 'id="proof"' in html
    assert 'id="rows"' not in html
    assert 'id="rows-data"' not in html  # fmt: skip
