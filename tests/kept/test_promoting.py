"""Promoting: registered with what is known of it, the alias where gates passed, and back again."""

from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from shutil import copytree

import pytest
from mlflow import MlflowClient

from runner.cli import main
from runner.evaluated import Verdict
from runner.recipe.compose import compose
from runner.recipe.language.digest import digest
from runner.records import RunRecord
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
RECIPE = """\
# What reviews say.
defaults: [/recipe/text-classification/scratch]
description: reviews   # shown by ls

evaluation:
  views: []
  seed: 3              # of everything drawn
  dataset:
    rows:
      - {text: A lovely film., label: POSITIVE}
      - {text: Two hours I want back., label: NEGATIVE}
    inputs: text
    target: label
  metrics: [accuracy]
  gates: {size_bytes: "<= 2000000"}
"""
NAMED = "\ntracking: {register_as: reviews, alias: champion}\n"
RUNS = {"first": (), "second": ("evaluation.seed=4", "dtype=bfloat16")}


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of a recipe, not logged: as it is, and a point of it."""
    folder = tmp_path_factory.mktemp("packaged")
    (folder / "recipes").mkdir()
    (folder / "recipes" / "reviews.yaml").write_text(RECIPE)
    with chdir(folder):
        for overrides in RUNS.values():
            assert main(["+recipe=reviews", "tracking.uri=null", *overrides]) == 0
    return folder


@pytest.fixture
def points(packaged: Path, workspace: Path) -> dict[str, Path]:
    """The folders of the runs, in the working directory with the recipe."""
    for name in ("recipes", "outputs"):
        copytree(packaged / name, workspace / name)
    folders = (folder.parent for folder in (workspace / "outputs").rglob("record.json"))
    return {("first" if f.name == "default" else "second"): f for f in folders}


def rewritten(folder: Path, **fields: object) -> None:
    record = RunRecord.model_validate_json((folder / "record.json").read_text())
    record.model_copy(update=fields).write(folder)


def aliases(client: MlflowClient) -> dict[str, str]:
    known = client.get_registered_model("reviews").aliases
    return {alias: str(version) for alias, version in known.items()}


def test_it_registers_sets_the_alias_and_writes_the_values_and_takes_all_back(
    cli: Cli, points: dict[str, Path]
) -> None:
    recipe = Path("recipes/reviews.yaml")
    named = ("--as", "reviews", "--alias", "champion")
    first = cli("promote", str(points["first"]), *named)
    assert first.stdout.splitlines() == [
        "registered as reviews/1",
        "reviews@champion is version 1",
    ]
    assert recipe.read_text() == RECIPE
    second = cli("promote", str(points["second"]), *named, "--output", "json").document
    assert (second["name"], second["version"], second["alias"]) == ("reviews", "2", "champion")
    assert second["done"][1] == "reviews@champion is version 2, was 1"
    assert recipe.read_text() == RECIPE.replace("seed: 3", "seed: 4") + "dtype: bfloat16\n"
    client = MlflowClient(f"sqlite:///{Path.cwd()}/mlflow.db")
    assert aliases(client) == {"champion": "2"}
    version = client.get_model_version("reviews", "2")
    record = RunRecord.model_validate_json((points["second"] / "record.json").read_text())
    assert version.tags["recipe.digest"] == record.digest
    assert version.tags["recipe.verdict"] == "passed"
    assert float(version.tags["metric.accuracy"]) == record.evaluation.scores[0].value
    assert version.tags["gate.size_bytes"] == "passed (<= 2000000)"
    assert cli("show", "+recipe=reviews", "--output", "json").document["digest"] == record.digest

    again = cli("promote", str(points["second"]), *named, "--no-write")
    assert again.stdout.splitlines()[0] == "registered as reviews/2"
    back = cli("promote", str(points["second"]), "--rollback")
    assert back.stdout.splitlines() == [
        "reviews@champion is version 1 again",
        f"{recipe.absolute()} says again what it said",
        "reviews/2 stays registered",
    ]
    assert recipe.read_text() == RECIPE
    assert aliases(client) == {"champion": "1"}
    assert cli("promote", str(points["second"]), "--rollback").code == 2

    assert cli("promote", str(points["second"]), *named).code == 0
    recipe.write_text(recipe.read_text() + "# mine\n")
    client.set_registered_model_alias("reviews", "champion", "1")
    left = cli("promote", str(points["second"]), "--rollback").stdout
    assert "reviews@champion is version 1 by now, and is left" in left
    assert "has changed since, and is left" in left
    assert recipe.read_text().endswith("# mine\n")


def test_a_dry_run_says_all_and_does_nothing(cli: Cli, points: dict[str, Path]) -> None:
    done = cli("promote", str(points["second"]), "--as", "reviews", "--dry-run")
    assert done.stdout.splitlines() == [
        "would be registered as reviews",
        f"would change: {Path('recipes/reviews.yaml').absolute()} says "
        "evaluation.seed: 4, dtype: bfloat16",
    ]
    assert not Path("mlflow.db").exists()
    assert Path("recipes/reviews.yaml").read_text() == RECIPE
    Path("recipes/reviews.lock.yaml").touch()
    locked = cli("promote", str(points["second"]), "--as", "reviews", "--dry-run")
    file = Path("recipes/reviews.yaml").absolute()
    assert locked.stdout.splitlines()[-1] == (
        f"its lock is of what it said before: python -m runner lock {file}"
    )


@pytest.mark.parametrize(
    ("fields", "more", "code", "word"),
    [
        ({"verdict": Verdict.FAILED}, ["--as", "r"], 1, "The verdict on default is failed"),
        ({"verdict": Verdict.UNDECIDED}, ["--as", "r"], 1, "is undecided"),
        ({"evaluation": None}, ["--as", "r", "--alias", "a"], 1, "No gate says"),
        ({}, [], 2, "no name to register"),
        ({}, ["--as", "a/b"], 2, "without `/` and `:`"),
        ({}, ["--as", "r", "--alias", "latest"], 2, "latest is one of MLflow's own"),
        ({}, ["--as", "r", "--tracking-uri", "sqlite:///recipes/reviews.yaml"], 3, "no SQLite"),
    ],
)
def test_what_may_not_be_is_refused_and_nothing_done(
    cli: Cli,
    points: dict[str, Path],
    fields: dict[str, object],
    more: list[str],
    code: int,
    word: str,
) -> None:
    rewritten(points["first"], **fields)
    done = cli("promote", str(points["first"]), *more)
    assert (done.code, word in done.stderr) == (code, True), done.stderr
    assert not Path("mlflow.db").exists()
    assert not (points["first"] / "promoted.json").exists()


def test_a_recipe_that_changed_since_is_not_written(cli: Cli, points: dict[str, Path]) -> None:
    recipe = Path("recipes/reviews.yaml")
    changed = recipe.read_text().replace("[accuracy]", "[accuracy, f1_macro]")
    recipe.write_text(changed)
    done = cli("promote", str(points["second"]), "--as", "reviews")
    assert (done.code, "error[recipe-changed]" in done.stderr) == (2, True)
    assert recipe.read_text() == changed
    assert not Path("mlflow.db").exists()


def test_a_recipe_that_is_not_the_users_is_left_and_that_is_said(
    cli: Cli, points: dict[str, Path]
) -> None:
    shipped = ["+recipe=text-classification/gated", "evaluation.seed=4"]
    told = {"recipe": "text-classification/gated", "overrides": shipped[1:]}
    rewritten(points["second"], digest=digest(compose(shipped).recipe), **told)
    done = cli("promote", str(points["second"]), "--as", "reviews", "--dry-run")
    assert done.stdout.splitlines()[1].endswith(
        "gated.yaml is no recipe of yours, and is left: extend it, and say evaluation.seed=4"
    )


def test_a_run_that_only_mlflow_has_is_promoted_by_its_uri(
    cli: Cli, points: dict[str, Path]
) -> None:
    uri = f"sqlite:///{Path.cwd()}/mlflow.db"
    assert cli("promote", str(points["first"]), "--as", "one", "--tracking-uri", uri).code == 0
    record = RunRecord.model_validate_json((points["first"] / "record.json").read_text())
    assert record.tracking is not None
    (points["first"] / "record.json").unlink()
    run = f"runs:/{record.tracking.run_id}"
    done = cli("promote", run, "--as", "two", "--tracking-uri", uri)
    assert done.stdout.splitlines() == ["registered as two/1"]
    assert cli("promote", "runs:/nothing", "--as", "two", "--tracking-uri", uri).code == 3
