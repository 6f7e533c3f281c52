"""A recipe to begin with validates, whatever its task."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runner.tasks import all_tasks
from tests.conftest import Outcome

Cli = Callable[..., Outcome]


def test_a_new_recipe_of_every_task_validates(cli: Cli, workspace: Path) -> None:
    tasks = [*all_tasks(), "translation_en_to_fr"]
    for task in tasks:
        done = cli("new", task, "mine")
        assert done.code == 0, done.stderr
        file = f"recipes/{task.replace('/', '-')}/mine.yaml"
        assert done.stdout.splitlines()[0] == file
        text = Path(file).read_text()
        assert text.startswith("# yaml-language-server: $schema=")
    done = cli("validate", "recipes")
    assert done.code == 0, done.stdout
    assert done.stdout == f"{len(tasks)} recipes: all well\n"


def test_a_source_of_ones_own(cli: Cli, workspace: Path) -> None:
    assert cli("new", "fill-mask", "hub", "--source", "hub", "--repo", "org/model").code == 0
    source = yaml.safe_load(Path("recipes/fill-mask/hub.yaml").read_text())["source"]
    assert source == {"kind": "hub", "repo": "org/model", "revision": "main"}
    assert cli("new", "fill-mask", "local", "--path", "weights").code == 0
    source = yaml.safe_load(Path("recipes/fill-mask/local.yaml").read_text())["source"]
    assert source == {"kind": "local", "path": str(workspace / "weights")}


def test_what_is_there_stays(cli: Cli, workspace: Path) -> None:
    file = workspace / "recipes" / "fill-mask" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    done = cli("new", "fill-mask", "mine")
    assert done.code == 2
    assert "error[file-there]" in done.stderr
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fill-musk", "mine"], "`fill-mask`"),
        (["fill-mask", "../mine"], "no name for a recipe"),
        (["fill-mask", "mine", "--source", "hub"], "--source hub needs --repo"),
        (["fill-mask", "mine", "--source", "scratch", "--path", "x"], "does not take --path"),
    ],
)
def test_a_wrong_command_line_writes_nothing(
    cli: Cli, workspace: Path, arguments: list[str], said: str
) -> None:
    done = cli("new", *arguments)
    assert done.code == 2
    assert said in done.stderr
    assert not (workspace / "recipes").exists()


def test_ls_by_tag(cli: Cli, workspace: Path) -> None:
    recipes = workspace / "recipes"
    recipes.mkdir()
    start = "task: fill-mask\nsource: {kind: scratch, architecture: bert}\n"
    (recipes / "one.yaml").write_text(start + "tracking: {tags: {team: text, tier: gold}}\n")
    (recipes / "two.yaml").write_text(start + "tracking: {tags: {team: speech}}\n")
    assert cli("ls", "--tag", "team", "--names").stdout.split() == ["one", "two"]
    assert cli("ls", "--tag", "team=text", "--names").stdout.split() == ["one"]
    assert cli("ls", "--tag", "team", "--tag", "tier=gold", "--names").stdout.split() == ["one"]
    assert cli("ls", "--tag", "nobody", "--names").stdout == ""
