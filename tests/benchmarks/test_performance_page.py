"""The page of measurements: repetitions put together, the budget held, a miss explained."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import page, results
from benchmarks.report import Ratio


def ratio(what: str, value: float, budget: float | None = None, **more: Any) -> Ratio:
    return Ratio(what, f"{value} s", "1 s", value, budget, **more)


def lines(*values: float, budget: float | None = 1.0, more: bool = False) -> Any:
    return results.repeated([[ratio("a save", one, budget, more=more)] for one in values])


@pytest.mark.parametrize(
    ("values", "more", "over"),
    [
        ((0.9, 1.5, 0.8), False, False),
        ((0.9, 1.5, 1.1), False, True),
        ((0.9, 1.5), False, True),  # of two the worse
        ((1.5, 0.9), True, True),
        ((1.5, 0.9, 1.1), True, False),
    ],
)
def test_the_repetition_in_the_middle_is_held_to_the_budget(
    values: tuple[float, ...], more: bool, over: bool
) -> None:
    (line,) = lines(*values, more=more)
    assert line.is_over == over


def test_what_was_measured_is_kept_and_an_entry_replaces_its_own_alone(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert results.read(file) == {}
    found = {"large_save": lines(1.0, 2.0), "validate": lines(3.0)}
    results.write(found, file)
    assert results.read(file) == found


def test_the_page_has_the_spread_and_a_miss_has_to_be_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PROFILES", tmp_path)
    found = {"large_save": lines(2.0, 1.0, 4.0), "validate": lines(0.5, 0.25)}
    assert page.write(found, tmp_path / "page.md") == ["large_save"]
    text = (tmp_path / "page.md").read_text()
    assert "1 of 2 budgets are kept; missed: a save." in text
    assert "| a save | 2.0 s | 1 s | 1.00 / 2.00 / 4.00 | ≤ 1 | OVER |" in text
    assert "| a save | 0.5 s | 1 s | 0.25 / 0.38 / 0.50 | ≤ 1 | within |" in text
    (tmp_path / "large_save.md").write_text("The disk is slow.\n")
    assert page.write(found, tmp_path / "page.md") == []
    assert "The disk is slow." in (tmp_path / "page.md").read_text()


def test_no_budget_that_was_missed_is_without_a_profile(tmp_path: Path) -> None:
    assert page.write(results.read(), tmp_path / "page.md") == []


def test_every_entry_can_be_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = Path(command.__file__).parent
    known = {file.stem for file in folder.glob("*.py") if "\ndef run() ->" in file.read_text()}
    assert set(command.ENTRIES) <= known
    assert known - set(command.ENTRIES) <= command.BY_NAME.keys()
