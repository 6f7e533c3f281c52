"""Names that a recipe may have for MLflow are those that MLflow takes."""

from collections.abc import Callable

import pytest
from mlflow.exceptions import MlflowException
from mlflow.utils import validation

from runner.recipe.language.tracking import Tracking, alias_problem, name_problem

NAMES = [
    "", " ", ".", "..", "...", "a", "a b", "a/b", "a:b", "/a", "a/", "ä", "cat.schema.model", "-",
    "latest", "Latest", "v1", "V12", "v1a", "v", "a-b_c", "a.b", "a=b", "a?", "x" * 250, "x" * 251,
    "x" * 255, "x" * 256, "x" * 500, "x" * 501, "a//b", "./a", "a/../b", "a\n",
]  # fmt: skip


def _taken(check: Callable[[str], object], name: str) -> bool:
    try:
        check(name)
    except MlflowException:
        return False
    return True


def _aliased(name: str) -> None:
    validation._validate_model_alias_name(name)
    validation._validate_model_alias_name_reserved(name)


def _tagged(name: str) -> None:
    validation._validate_tag(name, "value")


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_may_name_what_mlflow_takes(name: str) -> None:
    assert (not name_problem(name)) is _taken(validation._validate_model_name, name)
    assert (not alias_problem(name)) is _taken(_aliased, name) or name.endswith("\n")
    assert _may_be({"tags": {name: "value"}}) is _taken(_tagged, name) or name in ("", "a\n")
    assert _may_be({"experiment": name}) is _taken(validation._validate_experiment_name, name)


def _may_be(said: dict[str, object]) -> bool:
    try:
        Tracking.model_validate(said)
    except ValueError:
        return False
    return True
