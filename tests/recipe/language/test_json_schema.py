"""The JSON Schema says of a recipe file what validation says of it."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from runner.recipe.language.json_schema import recipe_schema, sweep_schema
from runner.recipe.library import validate_paths
from runner.recipe.reading.strict_yaml import read
from tests.conftest import REPOSITORY, Outcome

SHIPPED = sorted(
    path
    for folder in ("recipes", "examples/recipe-repo/recipes")
    for path in (REPOSITORY / folder).rglob("*.yaml")
    if not path.name.endswith(".lock.yaml")
)
MUTATIONS = 1000
SCHEMA = Draft202012Validator(recipe_schema())
WRONG_WORDS = ("xyz", "float61", "pipelines")
FREE = {
    ("model_config",), ("params",), ("load",), ("input_example",), ("evaluation", "inputs"),
    ("evaluation", "expect"), ("source", "config"), ("tracking", "tags"), ("defaults",),
    ("signature",),
}  # fmt: skip
"""Where anything may stand, or what may stand there is for checks across fields to say."""


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(recipe_schema())


def test_the_committed_schema_is_the_current_one() -> None:
    for name, current in (("recipe", recipe_schema()), ("sweep", sweep_schema())):
        committed = json.loads((REPOSITORY / "docs" / f"{name}.schema.json").read_text())
        assert committed == current, "make docs writes it anew"


def test_the_verb_prints_it(cli: Callable[..., Outcome]) -> None:
    assert cli("schema").document == recipe_schema()
    assert cli("schema", "sweep").document == sweep_schema()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_shipped_recipe_is_accepted(file: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(read(file).values)] == []


def test_every_field_is_described() -> None:
    schema = recipe_schema()
    blocks = {"Recipe": schema, **schema["$defs"]}
    fields = {
        f"{block}.{name}": field
        for block, content in blocks.items()
        for name, field in content.get("properties", {}).items()
    }
    assert [name for name, field in fields.items() if "description" not in field] == []


def mutations(values: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Give recipes with one mistake, or one harmless change, each."""
    places = [loc for loc in _places(values) if loc[:2] not in FREE and loc[:1] not in FREE]
    for loc in places:
        yield _changed(values, loc, lambda around, key: around.pop(key))
        yield _changed(values, loc, lambda around, key: around.update({f"{key}s": around.pop(key)}))
        for wrong in (chance.choice(WRONG_WORDS), 7, True, [1], {"a": 1}, 1.5):
            yield _changed(values, loc, lambda around, key, w=wrong: around.update({key: w}))


def _places(values: Any, loc: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items() if isinstance(values, dict) else ():
        yield (*loc, key)
        yield from _places(value, (*loc, key))


def _changed(values: dict[str, Any], loc: tuple[str, ...], change: Callable[..., Any]) -> Any:
    copied = copy.deepcopy(values)
    around = copied
    for key in loc[:-1]:
        around = around[key]
    change(around, loc[-1])
    return copied


CODES = {
    "unknown-key", "unknown-kind", "unknown-task", "unknown-value", "wrong-type", "missing-key",
    "unquoted-text",
}  # fmt: skip
"""What a schema can say; the other findings are of fields together, and of what is installed."""


def test_schema_and_validation_agree_on_mutations(workspace: Path) -> None:
    chance = random.Random(0)
    found = [
        one
        for file in SHIPPED
        if not _extends(file)
        for one in mutations(read(file).values, chance)
    ]
    chosen = chance.sample(found, MUTATIONS)
    folder = workspace / "recipes"
    folder.mkdir()
    files = [folder / f"case-{number}.yaml" for number in range(MUTATIONS)]
    for file, values in zip(files, chosen, strict=True):
        file.write_text(yaml.safe_dump(values, sort_keys=False))
    wrong = {
        finding.place.file
        for finding in validate_paths([folder], []).findings
        if finding.place and finding.code in CODES
    }
    disagreed = [
        (values, said)
        for file, values in zip(files, chosen, strict=True)
        if bool(said := [e.message for e in SCHEMA.iter_errors(values)])
        != (str(file.relative_to(workspace)) in wrong)
    ]
    assert disagreed == []
    assert MUTATIONS * 0.3 < len(wrong) < MUTATIONS * 0.95, "both sides of the border are met"


def _extends(file: Path) -> bool:
    return "defaults" in read(file).values or file.name.startswith("_")
