"""``report``: which runs it finds, the forms it writes, and how it ends."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from runner.cli.watching import watch
from runner.kept.folders import changes
from runner.kept.reading import read_runs
from runner.sweeps.record import Status, SweepPoint, SweepRecord
from tests.comparing.points import point, record_at
from tests.conftest import Outcome
from tests.report.test_report import HOSTILE, Page

Cli = Callable[..., Outcome]


@pytest.fixture
def two(workspace: Path) -> Path:
    """Two points of a sweep, of which the cheaper one is as good."""
    point(workspace / "out", "a", wrong=10, ms=20, told={"dtype": "float32"})
    point(workspace / "out", "b", wrong=12, ms=9, told={"dtype": "bfloat16"})
    return workspace / "out"


def test_its_first_line_says_which_to_ship_and_the_next_how(cli: Cli, two: Path) -> None:
    done = cli("report", "out")
    first, second, *rest = done.stderr.splitlines()
    assert (done.code, done.stdout) == (0, "")
    assert first.startswith("Ship b: it passed its 1 gate and 1 check; its accuracy 0.94 (")
    assert second.strip() == "python -m runner promote out/clf/b --as clf"
    assert any(re.match(r"b +passed +bfloat16 +0\.94 \(", line) for line in rest)
    assert "against a" in rest


def test_text_that_is_asked_for_by_name_goes_to_stdout_as_other_forms_do(
    cli: Cli, two: Path
) -> None:
    done = cli("report", "out", "--format", "text")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("Ship b: it passed its 1 gate")


def test_as_json_it_is_one_document(cli: Cli, two: Path) -> None:
    told = cli("report", "out", "--output", "json").document
    assert told["choice"] == "ship"
    assert told["ship"] == {
        "run": "b",
        "path": "out/clf/b",
        "command": "python -m runner promote out/clf/b --as clf",
    }
    assert told["varied"] == ["dtype"]
    a, b = told["runs"]
    assert (a["values"], b["values"]) == ({"dtype": "float32"}, {"dtype": "bfloat16"})
    assert a["against_baseline"] is None
    assert b["against_baseline"]["metrics"]["accuracy"]["difference"] == -0.01
    assert b["against_baseline"]["equal_answers"] == 0.99
    assert told["answers"][2]["answers"] == {"a": "bad", "b": "good"}


@pytest.mark.parametrize("suffix", ["html", "md", "csv", "json", "txt"])
def test_the_suffix_of_a_file_tells_its_form(cli: Cli, two: Path, suffix: str) -> None:
    done = cli("report", "out", "--out", f"made/r.{suffix}")
    first = {"html": "<!doctype html>", "md": "Ship b: ", "csv": "run,path", "json": "{"}
    text = Path(f"made/r.{suffix}").read_text()
    assert text.startswith(first.get(suffix, "Ship b: "))
    assert done.stderr.startswith("Ship b: ")
    assert done.stdout == ""


def test_the_baseline_is_the_sweeps_or_the_one_named(cli: Cli, two: Path) -> None:
    points = [SweepPoint(name=n, folder=n, recipe="clf") for n in ("a", "b")]
    SweepRecord(recipes=["clf"], baseline="b", points=points).write(two / "clf" / "sweep.json")
    assert cli("report", "out", "--output", "json").document["baseline"] == "b"
    named = cli("report", "out", "--baseline", "a", "--output", "json")
    assert named.document["baseline"] == "a"


@pytest.mark.parametrize(
    ("line", "code", "word"),
    [
        ("report nowhere", 3, "nowhere is not there"),
        ("report empty", 3, "empty holds no run"),
        ("report out --baseline c", 2, "No run is called `c`"),
        ("report out --out r.doc", 2, "r.doc"),
        ("report out --watch --format csv", 2, "--watch"),
        ("report broken", 3, "broken/record.json is no record"),
        ("report runs:/nothing", 3, "runs:/nothing cannot be had"),
    ],
)
def test_what_cannot_be_is_said(cli: Cli, two: Path, line: str, code: int, word: str) -> None:
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/record.json").write_text("{}")
    done = cli(*line.split())
    assert (done.code, word in done.stderr) == (code, True), done.stderr


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_compared(
    cli: Cli, two: Path
) -> None:
    (two / "old").mkdir()
    (two / "old" / "record.json").write_text('{"version": 0}')
    done = cli("report", "out")
    assert done.stderr.startswith("Ship b: ")
    assert done.stderr.endswith("cannot be read: out/old/record.json\n")


def test_a_sweep_tells_of_its_points_that_have_no_record(workspace: Path) -> None:
    folder = point(workspace, "done", digest="1" * 64)
    point(workspace, "changed", digest="2" * 64)
    error = {"code": "source-failed", "message": "gone", "remedy": "Look."}
    known = {"recipe": "clf", "digest": "1" * 64}
    points = [
        SweepPoint(name="done", folder="done", status=Status.DONE, **known),
        SweepPoint(name="changed", folder="changed", **known),
        SweepPoint(name="lost", folder="lost", status=Status.STOPPED, error=error, **known),
    ]
    SweepRecord(points=points, recipes=["clf"]).write(folder.parent / "sweep.json")
    found = read_runs([str(folder.parent / "sweep.json")], "", workspace)
    assert [(run.name, run.status) for run in found.runs] == [
        ("done", "passed"),
        ("changed", "waiting"),
        ("lost", "stopped"),
    ]
    assert found.runs[2].record.failure is not None
    assert found.runs[2].record.failure.message == "gone"


def test_names_tell_runs_apart(workspace: Path) -> None:
    for place in ("one", "two"):
        point(workspace / place, "same")
    found = read_runs([str(workspace / "one"), str(workspace)], "", workspace)
    names = [run.name for run in found.runs]
    assert names == [str(workspace / place / "clf" / "same") for place in ("one", "two")]


def test_what_ships_in_a_model_is_no_run(workspace: Path) -> None:
    folder = point(workspace / "out", "a")
    (folder / "model").mkdir()
    (folder / "model" / "record.json").write_text((folder / "record.json").read_text())
    assert len(read_runs(["out"], "", workspace).runs) == 1


def test_a_link_is_not_followed(workspace: Path) -> None:
    (workspace / "out").mkdir()
    point(workspace / "elsewhere", "a")
    point(workspace / "out", "b")
    (workspace / "out" / "link").symlink_to(workspace / "elsewhere")
    assert [run.name for run in read_runs(["out"], "", workspace).runs] == ["b"]


@pytest.fixture
def hostile(workspace: Path) -> Path:
    """Two points of which all that a stranger may say is hostile."""
    for number, text in enumerate(HOSTILE[:4]):
        folder = point(workspace / "out", f"p{number}", said=text, point=text)
        record = record_at(folder)
        record.inputs = list(HOSTILE[:-1])
        record.views[0].outputs = [f"{text}{other}" for other in HOSTILE[:-1]]
        record.write(folder)
    return workspace / "out"


def test_texts_of_strangers_stay_texts_in_html(cli: Cli, hostile: Path) -> None:
    html = cli("report", "out", "--format", "html").stdout
    page = Page(html)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1
    assert not {"img", "b", "iframe", "link", "object", "base"} & {*tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert "{{ 7 * 7 }}" in html
    assert not re.search("[\u202a-\u202e\u2028\x00\x1b\x7f]", html)
    assert not [a for _, a in page.tags if {"src", "action"} & {*a}]


def test_texts_of_strangers_stay_texts_in_markdown(cli: Cli, hostile: Path) -> None:
    markdown = cli("report", "out", "--format", "markdown").stdout
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    assert {tag for tag, _ in Page(html).tags} <= {
        *("h1", "h2", "p", "code", "pre", "strong", "table", "thead", "tbody", "tr", "th", "td"),
    }


def test_a_terminal_is_not_acted_on(cli: Cli, workspace: Path) -> None:
    point(workspace / "out", "a", said="\x1b[31m\x07 hidden", point="\x1b]0;title\x07")
    point(workspace / "out", "b", said="plain")
    done = cli("report", "out")
    assert not re.search("[\x00-\x08\x0b-\x1f]", done.stderr)


def test_a_spreadsheet_takes_no_cell_for_a_formula(cli: Cli, workspace: Path) -> None:
    for name in ("a", "b"):
        point(workspace / "out", name, told={"prompt_template": f'=HYPERLINK("{name}")'})
    rows = list(csv.DictReader(io.StringIO(cli("report", "out", "--format", "csv").stdout)))
    assert [row["prompt_template"] for row in rows] == [f'\'=HYPERLINK("{n}")' for n in "ab"]
    assert [float(row["accuracy"]) for row in rows] == [1.0, 1.0]


def test_it_is_drawn_anew_when_a_record_changes_and_not_before(workspace: Path) -> None:
    folder = point(workspace / "out", "a", wrong=10)
    drawn: list[Any] = []
    pauses = iter(["nothing", "another", "end"])

    def draw() -> str:
        drawn.append([run.name for run in read_runs(["out"], "", workspace).runs])
        return "drawn"

    def pause(_: float) -> None:
        match next(pauses):
            case "another":
                point(workspace / "out", "b")
            case "end":
                raise KeyboardInterrupt

    watch(Console(file=io.StringIO()), lambda: changes(["out"]), draw, pause)
    assert folder.is_dir()
    assert drawn == [["a"], ["a", "b"]]
