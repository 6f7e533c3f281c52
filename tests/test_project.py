"""The project itself: what is installed, what is shipped, and that its documents are true."""

import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.checkpoints import classifier
from tests.conftest import LONGEST, REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
).stdout.split("\n")[:-1]


def test_every_dependency_is_bounded_and_pinned_in_the_constraints() -> None:
    pins = (REPOSITORY / "constraints.txt").read_text().lower()
    extras = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    for line in [*PROJECT["dependencies"], *extras]:
        name = re.match(r"[\w.-]+", line)[0].lower()
        if name == "recipe-runner":
            continue
        assert ">=" in line, line
        assert re.search(rf"^{name.replace('_', '[-_]')}==", pins, re.MULTILINE), name


def test_the_files_that_come_first_are_there() -> None:
    assert [name for name in LONGEST if f"tests/{name}" not in TRACKED] == []


def test_constraints_name_no_place_and_no_local_build() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)


def test_an_installed_wheel_has_the_recipes(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    site, elsewhere = tmp_path / "site", tmp_path / "empty"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from runner.cli import main; sys.exit(main(['ls']))"],
        cwd=elsewhere,
        env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "text-generation/scratch" in done.stdout
    inside = zipfile.ZipFile(wheel).namelist()
    assert not any("tests/" in name for name in inside)
    assert "runner/report/templates/report.html.jinja" in inside


def test_no_tracked_file_names_this_machine_or_a_package_index() -> None:
    hosts = re.compile("py" + r"pi\.org|python" + r"hosted|huggingface\.co/[a-z]+/sim" + "ple")
    paths = re.compile(r"(?<![\w.])/(ro" + "ot|wo" + "rk|home)/")
    for name in TRACKED:
        text = (REPOSITORY / name).read_text(encoding="utf-8", errors="replace")
        assert not hosts.search(text), name
        assert not paths.search(text), name


def test_no_module_is_too_long() -> None:
    """At most 300 lines; at most 120 a verb and its work, which read as a page."""
    runner = REPOSITORY / "runner"
    verbs = set((runner / "cli" / "verbs").glob("*.py"))
    pages = verbs | {file for file in (runner / "work").glob("*.py") if _is_work_of(file, verbs)}
    assert len(pages - verbs) >= 5
    long = {
        str(file.relative_to(runner)): count
        for file in sorted(runner.rglob("*.py"))
        if (count := len(file.read_text().splitlines())) > (120 if file in pages else 300)
    }
    assert long == {}


def _is_work_of(file: Path, verbs: set[Path]) -> bool:
    return file.stem != "__init__" and file.name in {verb.name for verb in verbs}


def test_the_recipe_reference_is_up_to_date() -> None:
    sys.path.insert(0, str(REPOSITORY / "docs"))
    try:
        from generate import METRICS, TARGET, metrics_page, page
    finally:
        sys.path.pop(0)
    assert page() == TARGET.read_text(), "run make docs"
    assert metrics_page() == METRICS.read_text(), "run make docs"


README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def _section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_a_paragraph_of_the_readme_says_one_thing() -> None:
    text = re.sub(r"```.*?```", "", _section("A recipe, line by line"), flags=re.DOTALL)
    paragraphs = [part for part in text.split("\n\n") if part.strip() and part[:4] != "    "]
    assert len(paragraphs) >= 8
    assert [part for part in paragraphs if len(part.split()) > 45] == []


def test_the_readme_says_how_to_get_the_torch_that_the_constraints_pin() -> None:
    said = _section("Installing it elsewhere")
    assert "CUDA" in said
    (pin,) = re.findall(r"`(torch==[\d.]+)`", said)
    assert pin in (REPOSITORY / "constraints.txt").read_text().splitlines()


def test_the_changelog_has_an_entry_for_the_version() -> None:
    from runner import __version__

    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)$", text, re.MULTILINE)


def test_a_room_imports_only_those_above_it_in_the_table_of_the_architecture() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = page.partition("| room | holds |")[2].partition("\n\n")[0].splitlines()
    cells = [re.findall(r"`(\w+)(?:/|\.py)`", row.split("|")[1]) for row in rows[2:]]
    turn = {room: number for number, rooms in enumerate(cells) for room in rooms}
    runner = REPOSITORY / "runner"
    assert turn.keys() == {item.stem for item in runner.iterdir() if not item.name.startswith("_")}
    astray = {
        f"{file.relative_to(runner)} imports {room}"
        for file in runner.rglob("*.py")
        if (own := file.relative_to(runner).parts[0].removesuffix(".py")) in turn
        for room in re.findall(r"^ *(?:from|import) runner\.(\w+)", file.read_text(), re.MULTILINE)
        if turn[room] > turn[own]
    }
    assert astray == set()


def test_every_command_of_the_readme_works_as_written() -> None:
    text = (REPOSITORY / "README.md").read_text()
    commands = re.findall(r"^\.venv/bin/python -m runner (.*)$", text, re.MULTILINE)
    assert len(commands) >= 4
    from runner.cli import main

    _fine_tuned(Path("my-model"), Path("reviews.csv"), rows=500)
    for command in commands:
        assert main([*shlex.split(command), *_quiet(command)]) == 0, command
    model = re.search(r'load_model\("(outputs[^"]+)"\)', text)[1]
    assert Path(model, "MLmodel").is_file()


def _fine_tuned(model: Path, reviews: Path, rows: int) -> None:
    """Make a classifier, and rows of which it has 19 of 20 right."""
    from transformers import pipeline

    texts = [f"{'good' if n % 2 else 'bad'} film {n}" for n in range(rows)]
    answers = pipeline("text-classification", str(classifier(model)))(texts, batch_size=100)
    other = {"NEGATIVE": "POSITIVE", "POSITIVE": "NEGATIVE"}
    with reviews.open("w") as opened:
        opened.write("text,label\n")
        for n, (text, answer) in enumerate(zip(texts, answers, strict=True)):
            best = answer["label"]
            opened.write(f"{text},{best if n % 20 else other[best]}\n")


def _quiet(command: str) -> list[str]:
    return ["tracking.uri=null"] if "+recipe" in command else []


@pytest.mark.parametrize(
    "target",
    [
        "setup",
        "demo",
        "lint",
        "check",
        "test",
        "browser",
        "mutants",
        "bench",
        "docs",
        "release",
        "clean",
    ],
)
def test_the_makefile_has_the_target(target: str) -> None:
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
