"""A recipe to begin with validates, whatever its task."""

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.tasks import all_tasks
from tests.conftest import Outcome

Cli = Callable[..., Outcome]


def test_a_new_recipe_of_every_task_validates(cli: Cli, workspace: Path) -> None:
    tasks = [*all_tasks(), "translation_en_to_fr"]
    away = [name for name, task in all_tasks().items() if not all(map(find_spec, task.libraries))]
    heavy = {"torch", "transformers", "mlflow"} - set(sys.modules)
    for task in tasks:
        done = cli("new", task, "mine")
        assert done.code == 0, done.stderr
        file = f"recipes/{task.replace('/', '-')}/mine.yaml"
        assert done.stdout.splitlines()[0] == file
        text = Path(file).read_text()
        assert text.startswith("# yaml-language-server: $schema=")
    assert not heavy & set(sys.modules)
    done = cli("validate", "recipes", "--output", "json")
    found = [(one["code"], Path(one["file"]).parent.name) for one in done.document["findings"]]
    assert found == [("library-missing", name) for name in away]
    assert done.document["files"] == len(tasks)


def _source(name: str) -> Any:
    return yaml.safe_load(Path(f"recipes/fill-mask/{name}.yaml").read_text())["source"]


def _example(name: str) -> Any:
    recipe = yaml.safe_load(Path(f"recipes/fill-mask/{name}.yaml").read_text())
    assert recipe.get("evaluation", {}).get("inputs", [None])[0] == recipe.get("input_example")
    return recipe.get("input_example")


def _checkpoint(folder: Path, **files: Any) -> None:
    folder.mkdir(parents=True)
    for name, content in {"config": {"model_type": "roberta"}, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def _validates(cli: Cli, count: int) -> None:
    plural = "recipes" if count > 1 else "recipe"
    assert cli("validate", "recipes").stdout == f"{count} {plural}: all well\n"


def test_the_name_of_a_new_recipe_may_be_that_of_its_file(cli: Cli, workspace: Path) -> None:
    done = cli("new", "fill-mask", "mine.yaml")
    assert done.stdout.splitlines()[0] == "recipes/fill-mask/mine.yaml"
    assert done.stdout.endswith("+recipe=fill-mask/mine\n")
    assert cli("new", "fill-mask", "mine").code == 2
    assert cli("new", "fill-mask", ".yaml").code == 2
    _validates(cli, 1)


def test_a_repository(cli: Cli, workspace: Path) -> None:
    assert cli("new", "fill-mask", "hub", "--source", "hub", "--repo", "org/model").code == 0
    assert _source("hub") == {"kind": "hub", "repo": "org/model", "revision": "main"}
    assert cli("new", "fill-mask", "tag", "--repo", "org/model", "--revision", "v1").code == 0
    assert _source("tag") == {"kind": "hub", "repo": "org/model", "revision": "v1"}
    assert _example("hub") is None
    _validates(cli, 2)


def test_a_folder_is_written_as_the_recipe_finds_it(cli: Cli, workspace: Path) -> None:
    _checkpoint(workspace / "weights")
    _checkpoint(workspace / "recipes" / "fill-mask" / "beside")
    absolute = str(workspace / "weights")
    named = {"here": "weights", "its-own": "beside", "up": "../../weights", "absolute": absolute}
    for name, path in named.items():
        done = cli("new", "fill-mask", name, "--path", path)
        assert done.code == 0, done.stderr
    written = {name: _source(name) for name in named}
    paths = {"here": "../../weights", "its-own": "beside", "up": "../../weights"}
    assert written == {
        name: {"kind": "local", "path": path} for name, path in (named | paths).items()
    }
    _validates(cli, len(named))


def test_a_model_of_mlflow(cli: Cli, workspace: Path) -> None:
    (workspace / "model").mkdir()
    (workspace / "model" / "MLmodel").write_text("{}")
    for name, uri in {"there": "models:/one/2", "here": "model"}.items():
        assert cli("new", "fill-mask", name, "--source", "mlflow", "--uri", uri).code == 0
    assert _source("there") == {"kind": "mlflow", "uri": "models:/one/2"}
    assert _source("here") == {"kind": "mlflow", "uri": "../../model"}
    _validates(cli, 2)


def test_a_folder_in_a_distribution(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = workspace / "site"
    _checkpoint(site / "made_up" / "model", tokenizer_config={"mask_token": "<m>"})
    info = site / "made_up-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
    (info / "RECORD").write_text("made_up/model/config.json,,\n")
    monkeypatch.syspath_prepend(str(site))
    options = ("--source", "package", "--distribution", "made-up", "--path", "made_up/model")
    done = cli("new", "fill-mask", "mine", *options)
    assert done.code == 0, done.stderr
    block = {"kind": "package", "distribution": "made-up", "path": "made_up/model"}
    assert _source("mine") == block
    assert _example("mine") == "MLflow is a <m> tool."
    _validates(cli, 1)


@pytest.mark.parametrize(
    ("files", "token"),
    [
        ({"tokenizer_config": {"mask_token": "<mask>"}}, "<mask>"),
        ({"tokenizer_config": {"mask_token": {"content": '"m"', "lstrip": True}}}, '"m"'),
        ({"special_tokens_map": {"mask_token": "<mask>"}, "tokenizer_config": {}}, "<mask>"),
        ({"tokenizer": {"added_tokens": [{"content": "[MASK]", "special": True}]}}, "[MASK]"),
        ({"tokenizer": {"added_tokens": [{"content": "[PAD]", "special": True}]}}, ""),
        ({}, ""),
    ],
)
def test_the_example_has_the_mask_of_the_model(
    cli: Cli, workspace: Path, files: dict[str, Any], token: str
) -> None:
    _checkpoint(workspace / "weights", **files)
    assert cli("new", "fill-mask", "mine", "--path", "weights").code == 0
    assert _example("mine") == (f"MLflow is a {token} tool." if token else None)
    _validates(cli, 1)


@pytest.mark.parametrize(("architecture", "token"), [("bert", "[MASK]"), ("roberta", "<mask>")])
def test_random_weights_of_an_architecture(
    cli: Cli, workspace: Path, architecture: str, token: str
) -> None:
    assert cli("new", "fill-mask", "mine", "--architecture", architecture).code == 0
    assert _source("mine") == {"kind": "scratch", "architecture": architecture}
    assert _example("mine") == f"MLflow is a {token} tool."
    _validates(cli, 1)


def test_the_schema_is_where_the_first_line_says(cli: Cli, workspace: Path) -> None:
    done = cli("new", "fill-mask", "mine")
    file = Path("recipes/fill-mask/mine.yaml")
    schema = file.parent / file.read_text().splitlines()[0].partition("$schema=")[2]
    assert json.loads(schema.read_text()) == json.loads(cli("schema").stdout)
    assert done.stdout.splitlines()[1] == "recipes/recipe.schema.json"
    schema.write_text("{}")
    done = cli("new", "fill-mask", "another")
    assert done.code == 0
    assert schema.read_text() == "{}"
    assert "recipes/recipe.schema.json is another" in done.stderr


def test_a_folder_that_cannot_be_written_is_named(cli: Cli, workspace: Path) -> None:
    (workspace / "recipes").write_text("")
    done = cli("new", "fill-mask", "mine")
    assert done.code == 3
    assert "error[storage-failed] recipes" in done.stderr


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
        (["fill-mask", "mine", "--source", "package", "--path", "x"], "needs --distribution"),
        (["fill-mask", "mine", "--repo", "org/model", "--path", "x"], "What --repo and --path"),
        (["fill-mask", "mine", "--revision", "v1"], "the kind with --source"),
        (["fill-mask", "mine", "--path", "nowhere"], "error[source-missing]"),
        (["fill-mask", "mine", "--repo", "org//model"], "error[bad-repo]"),
        (["fill-mask", "mine", "--repo", ""], "--source hub with this `repo`"),
        (["fill-mask", "mine", "--uri", "models:/one"], "error[bad-model-uri]"),
        (["fill-mask", "mine", "--uri", "no/model"], "error[source-missing]"),
        (["fill-mask", "mine", "--architecture", "bort"], "error[unknown-architecture]"),
        (["fill-mask", "mine", "--source", "hup", "--repo", "org/model"], "hup"),
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


def test_a_recipe_is_measured_on_rows_that_are_named(cli: Cli, workspace: Path) -> None:
    Path("rows.csv").write_text("text,sense\na,LABEL_0\nb,LABEL_1\n")
    asked = ["new", "text-classification", "rated", "--data", "rows.csv", "--target", "sense"]
    done = cli(*asked, "--gate", "accuracy >= 0.9", "--gate", "latency_p95_ms<= 200")
    assert done.code == 0, done.stderr
    evaluation = yaml.safe_load(Path("recipes/text-classification/rated.yaml").read_text())[
        "evaluation"
    ]
    assert evaluation["dataset"] == {"path": "../../rows.csv", "target": "sense"}
    assert evaluation["metrics"] == ["accuracy"]
    assert evaluation["gates"] == {"accuracy": ">= 0.9", "latency_p95_ms": "<= 200"}
    _validates(cli, 1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--data", "lost.csv", "--gate", "accuracy > 0"], "dataset-missing"),
        (["--data", ".", "--gate", "accurcy >= 0.9"], "Did you mean `accuracy`?"),
        (["--data", ".", "--gate", "accuracy"], "`accuracy` is no gate"),
        (["--gate", "accuracy >= 0.9"], "no-dataset"),
    ],
)
def test_rows_and_gates_that_are_none_are_refused(
    cli: Cli, workspace: Path, more: list[str], said: str
) -> None:
    done = cli("new", "text-classification", "rated", *more)
    assert done.code == 2
    assert said in done.stderr
    assert not Path("recipes/text-classification/rated.yaml").exists()
