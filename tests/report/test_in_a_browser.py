"""The report in headless Chromium: nothing for axe to find, no request, all of it by keyboard."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.evaluated import Verdict
from tests.browser import Opened, axe_finds_nothing
from tests.report.reported import labels, recipe_of, report_of
from tests.report.test_report import HOSTILE, hostile_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WRONG, RIGHT = 60, 140


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with all of its parts: 200 rows, 60 of them wrong, each of its own text."""
    folder = tmp_path_factory.mktemp("report")
    answers = [*[labels("bad", 0.8, "good")] * WRONG, *[labels("good", 0.9, "bad")] * RIGHT]
    said = [
        (f"word{n} " + "long " * 100, "good", answer, {"lang": "de" if n % 2 else "en"})
        for n, answer in enumerate(answers)
    ]
    gates = {"accuracy": ">= 0.5", "f1_macro": ">= 0.99", "accuracy.slices.lang.de": ">= 0.7"}
    recipe = recipe_of(metrics=["accuracy", "f1_macro"], slices=["lang"], gates=gates)
    report_of(recipe, said, folder, {"notes": ["A note."], "verdict": Verdict.FAILED})
    return folder / "report.html"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(report: Path, opened: Opened, scheme: str, width: int) -> None:
    axe_finds_nothing(opened, report, scheme, width)


def shown(page: "Page") -> list[str]:
    """Give the inputs of the rows that are shown, as far as they are not folded."""
    return [text.split()[0] for text in page.locator("#table td.long").all_text_contents()]


def test_rows_are_filtered_and_searched(report: Path, opened: Opened) -> None:
    page = opened(report)
    assert len(shown(page)) == 50
    page.get_by_role("button", name="Show more rows").click()
    assert len(shown(page)) == 100
    assert page.get_by_role("status").text_content() == "100 of 200 matching rows shown"
    page.locator("#filters").get_by_label("Search").fill("WORD17 ")
    assert shown(page) == ["word17"]
    page.get_by_role("button", name="Clear").click()
    page.locator("#filters").get_by_label("Which").select_option("not right")
    page.locator("#filters").get_by_label("lang").select_option("de")
    assert page.get_by_role("status").text_content() == "30 of 30 matching rows shown"
    assert {int(text.removeprefix("word")) % 2 for text in shown(page)} == {1}


def test_a_cell_of_the_matrix_shows_its_rows_by_keyboard(report: Path, opened: Opened) -> None:
    page = opened(report)
    page.get_by_role("button", name="60 rows: good answered as bad").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('count').textContent.startsWith('50 of 60 ')")
    assert page.evaluate("document.activeElement.id") == "search"
    assert (
        page.locator("#filters")
        .get_by_label("Answer")
        .evaluate("one => one.selectedOptions[0].text")
        == "bad"
    )


def test_a_long_text_unfolds_by_keyboard(report: Path, opened: Opened) -> None:
    page = opened(report)
    text = page.locator("#table details").first
    text.locator("summary").focus()
    page.keyboard.press("Enter")
    assert text.evaluate("one => one.open")


def test_on_paper_there_are_no_controls(report: Path, opened: Opened) -> None:
    page = opened(report, color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"
    assert page.locator("#table tbody tr").count() == 50
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_hostile_texts_are_shown_and_nothing_runs(tmp_path: Path, opened: Opened) -> None:
    hostile_report(tmp_path)
    page = opened(tmp_path / "report.html")
    assert page.locator("h1").text_content() == HOSTILE[0]
    first = set(page.locator("#table td.long").all_text_contents())
    assert set(HOSTILE[:-1]) <= first


def test_a_script_that_got_into_the_page_would_not_run(
    report: Path, tmp_path: Path, browser: "Browser"
) -> None:
    html = report.read_text(encoding="utf-8")
    planted = tmp_path / "planted.html"
    added = "<script>document.title = 'ran'</script><img src=x onerror=\"document.title='ran'\">"
    planted.write_text(html.replace("</main>", f"{added}</main>"), encoding="utf-8")
    page = browser.new_page()
    page.goto(planted.as_uri())
    assert page.title().startswith("failed: ")
    assert page.locator("#table tbody tr").count() == 50
    page.close()
