"""The comparison in headless Chromium: nothing for axe to find, no request, all by keyboard."""

from pathlib import Path

import pytest

from runner.cli import main
from tests.browser import Opened, axe_finds_nothing
from tests.comparing.points import point


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of three runs, one of which stopped early."""
    folder = tmp_path_factory.mktemp("compared")
    point(folder, "a", wrong=10, ms=20, size=3000, told={"dtype": "float32"})
    point(folder, "b", wrong=12, ms=9, size=2000, said="the dog sat", told={"dtype": "bfloat16"})
    point(folder, "c", wrong=90, ms=100, size=1000, told={"dtype": "float16"})
    assert main(["report", str(folder), "--out", str(folder / "r.html")]) == 0
    return folder / "r.html"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page_file: Path, opened: Opened, scheme: str, width: int) -> None:
    axe_finds_nothing(opened, page_file, scheme, width)


def test_heads_sort_by_keyboard_both_ways(page_file: Path, opened: Opened) -> None:
    page = opened(page_file)
    names = page.locator("#runs-table tbody tr:visible th")
    page.get_by_role("button", name="latency").focus()
    page.keyboard.press("Enter")
    assert names.all_text_contents() == ["b", "a", "c"]
    page.keyboard.press("Enter")
    assert names.all_text_contents() == ["c", "a", "b"]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_runs_are_filtered_and_searched(page_file: Path, opened: Opened) -> None:
    page = opened(page_file)
    names = page.locator("#runs-table tbody tr:visible th")
    page.get_by_label("Verdict").select_option("failed")
    assert names.all_text_contents() == ["c"]
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Search").fill("BFLOAT")
    assert names.all_text_contents() == ["b"]
    assert page.get_by_role("status").text_content() == "1 of 3 runs shown"


def test_answers_that_are_all_the_same_are_hidden_when_asked(
    page_file: Path,
    opened: Opened,
) -> None:
    page = opened(page_file)
    assert page.locator("ins").first.text_content() == "dog"
    assert page.locator("del").first.text_content() == "cat"
    shown = page.locator(".answers tbody tr:visible")
    before = shown.count()
    assert "alike" in "".join(shown.all_text_contents())
    page.get_by_label("Only where answers differ").check()
    assert shown.count() == before - 1
    assert "alike" not in "".join(shown.all_text_contents())
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
