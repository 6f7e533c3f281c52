"""What people type by habit or by mistake, and the one true sentence that they get."""

import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import pytest

from runner.cli.results import answer_line
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
SCRATCH = "text-generation/scratch"
GOOD = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("--config-name x", "Write +recipe=NAME."),
        ("run --config-name=x", "Write +recipe=NAME."),
        ("--config-path conf", "Write --config-dir DIR"),
        ("--cfg job", "`show +recipe=NAME` prints"),
        (f"+recipe={SCRATCH} --json", "Write --output json."),
        ("ls --json", "Write --output json."),
        ("validate --fx", "Did you mean `--fix`?"),
        ("lock --chek", "Did you mean `--check`?"),
        (f"plan -m +recipe={SCRATCH}", "It is one of `run`."),
        (f"rehearse --multirun +recipe={SCRATCH}", "It is one of `run`."),
        ("schema --fail-on cost", "It is one of `review`."),
        ("schema again", "`again` is one word too many."),
        ("ls --output yaml", "choose from 'text', 'json'"),
        ("run text-generation/scrach", f"Did you mean `{SCRATCH}`?"),
        ("text-generation/scrach", f"Did you mean `{SCRATCH}`?"),
        ("show scratc", "Did you mean"),
        ("plan /dev/null", "There is no recipe `/dev/null`"),
        (f"show +recipe={SCRATCH} again", "`again` is not an override."),
        (f"run +recipe={SCRATCH} out=/dev/null", "/dev/null is no place for folders."),
        (f"plan {SCRATCH} out=/dev/null/here", "/dev/null is no place for folders."),
        (f"rehearse {SCRATCH} out={'a' * 300}", "a name of 300 characters is too long"),
    ],
)
def test_one_error_says_what_to_do(cli: Cli, line: str, wanted: str) -> None:
    done = cli(*line.split())
    assert done.code == 2
    assert done.stdout == ""
    assert re.findall(r"error\[", done.stderr) == ["error["], done.stderr
    assert wanted in done.stderr


def test_a_line_that_cannot_be_read_gets_its_document(cli: Cli) -> None:
    document = cli("ls", "--jsn", "--output", "json").document
    assert document["error"]["code"] == "unknown-option"
    assert document["findings"] == []


@pytest.mark.parametrize("name", [SCRATCH, "own", "recipes/own.yaml", "elsewhere.yaml"])
def test_a_recipe_is_named_without_its_group(cli: Cli, workspace: Path, name: str) -> None:
    (workspace / "recipes").mkdir()
    for file in ("recipes/own.yaml", "elsewhere.yaml"):
        (workspace / file).write_text(GOOD)
    bare = cli("show", name, "dtype=bfloat16", "--output", "json").document
    assert bare == cli("show", f"+recipe={name}", "dtype=bfloat16", "--output", "json").document
    planned = cli("plan", "dtype=bfloat16", name, "--output", "json").document
    assert planned["digest"] == bare["digest"]


@pytest.mark.parametrize("given", [SCRATCH, "run"])
def test_a_bare_name_runs(cli: Cli, given: str) -> None:
    words = [SCRATCH] if given == SCRATCH else [given, SCRATCH]
    done = cli(*words, "tracking.uri=null", "evaluation.views=[]", "--output", "json")
    assert (done.code, done.document["recipe"]) == (0, SCRATCH)


@pytest.mark.parametrize("verb", ["run", "plan", "rehearse"])
@pytest.mark.parametrize(
    ("out", "wanted"), [("file", "is in the way"), ("link", "is in the way"), ("/proc/x", "/proc")]
)
def test_a_folder_that_this_disk_cannot_have(
    cli: Cli, workspace: Path, verb: str, out: str, wanted: str
) -> None:
    (workspace / "file").write_text("")
    (workspace / "link").symlink_to("nowhere")
    done = cli(verb, SCRATCH, f"out={out}")
    assert done.code == 3
    assert wanted in done.stderr
    assert "✓" not in done.stderr, "nothing ran"
    assert done.stderr.count("error[") == 1


@pytest.mark.parametrize("width", [60, 120, 160])
def test_a_long_input_is_cut_in_its_middle_and_the_answer_stays(width: int) -> None:
    line = answer_line("pyfunc", "begin " + "x" * 500 + " end", "the answer", width)
    assert len(line) == width
    assert line.startswith("  pyfunc: 'begin x")
    assert "…" in line
    assert line.endswith("end' → 'the answer'")


def test_a_long_answer_keeps_its_end_and_the_input() -> None:
    line = answer_line("native", "What is MLflow?", "a" * 500 + " end", 100)
    assert len(line) == 100
    assert line.startswith("  native: 'What is MLflow?' → 'aaa")
    assert line.endswith("aaa end'")


def test_locks_that_cannot_be_read_are_not_as_locked(cli: Cli, workspace: Path) -> None:
    (workspace / "recipes").mkdir()
    for name in ("one", "two"):
        (workspace / "recipes" / f"{name}.yaml").write_text(GOOD)
        (workspace / "recipes" / f"{name}.lock.yaml").write_text("lock: [\n")
    done = cli("lock", "--check")
    assert done.code == 2
    assert done.stdout == "2 recipes, 2 not checked\n"
    assert done.stderr.count("error[") == 2


def test_what_is_not_installed_is_a_note_on_a_shipped_recipe(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = "feature-extraction/minilm"

    def distribution(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("runner.sources.package.distribution", distribution)
    done = cli("validate")
    assert done.code == 0, done.stdout
    assert "note[package-missing]" in done.stdout
    assert re.search(r"^\d+ recipes, \d+ blocks, \d+ notes?$", done.stdout.splitlines()[-1])
    (sarif,) = cli("validate", "--format", "sarif").document["runs"]
    assert {result["level"] for result in sarif["results"]} == {"note"}
    assert cli("validate", "--format", "github").stdout.startswith("::notice file=")
    assert cli("validate", "--output", "json").document["errors"] == 0

    named = cli("validate", shipped)
    assert named.code == 2
    assert "error[package-missing]" in named.stdout
    (workspace / "recipes").mkdir()
    (workspace / "recipes" / "own.yaml").write_text(f"defaults: [/recipe/{shipped}, _self_]\n")
    own = cli("validate")
    assert own.code == 2
    assert "1 error" in own.stdout
