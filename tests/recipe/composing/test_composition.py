"""Composition: defaults lists, overrides, where recipes are looked for, and what stays text."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.findings import RecipeError
from runner.recipe.compose import compose
from runner.recipe.language.digest import digest
from runner.recipe.language.models import Recipe

BASE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
model_config: {do_sample: false, num_beams: 2}
params: {max_new_tokens: 4}
"""


@pytest.fixture
def recipes(workspace: Path) -> Path:
    """A user's own folder of recipes, with a base."""
    folder = workspace / "recipes"
    folder.mkdir()
    (folder / "_base.yaml").write_text(BASE)
    return folder


def test_a_recipe_extends_another_and_every_value_knows_its_file(recipes: Path) -> None:
    (recipes / "mine.yaml").write_text(
        "defaults: [/recipe/_base, _self_]\nmodel_config: {num_beams: 3}\ndtype: float16\n"
    )
    composed = compose(["+recipe=mine", "params.max_new_tokens=8", "+params.top_k=5"])
    assert composed.recipe.inference_config == {"do_sample": False, "num_beams": 3}
    assert {k: p.default for k, p in composed.recipe.params.items()} == {
        "max_new_tokens": 8,
        "top_k": 5,
    }
    places = {
        ("model_config", "do_sample"): "recipes/_base.yaml:3:16",
        ("model_config", "num_beams"): "recipes/mine.yaml:2:16",
        ("dtype",): "recipes/mine.yaml:3:1",
        ("params", "max_new_tokens"): "command line",
    }
    assert {loc: str(composed.origin(loc).place) for loc in places} == places


def test_the_order_of_self_decides_who_wins(recipes: Path) -> None:
    (recipes / "first.yaml").write_text(
        "defaults: [_self_, /recipe/_base]\nmodel_config: {num_beams: 3}\n"
    )
    assert compose(["+recipe=first"]).recipe.inference_config["num_beams"] == 2


@pytest.mark.parametrize(
    ("written", "loc", "kept"),
    [
        ("model_config: {num_beams: '???'}", ("model_config", "num_beams"), 2),
        ("model_config: ???", ("model_config", "do_sample"), False),
        ("model_config: '???'", ("model_config", "num_beams"), 2),
        ("source: {architecture: '???'}", ("source", "architecture"), "gpt2"),
        ("params: {max_new_tokens: '???'}", ("params", "max_new_tokens"), 4),
        ("task: ???", ("task",), "text-generation"),
    ],
)
def test_an_open_value_keeps_what_the_base_says(
    recipes: Path, written: str, loc: tuple[str, ...], kept: object
) -> None:
    (recipes / "mine.yaml").write_text(f"defaults: [/recipe/_base, _self_]\n{written}\n")
    composed = compose(["+recipe=mine"])
    value: object = composed.values
    for key in loc:
        assert isinstance(value, dict)
        value = value[key]
    assert value == kept
    assert str(composed.origin(loc).place).startswith("recipes/_base.yaml:")


def test_an_open_value_that_nobody_gives_is_no_recipe(recipes: Path) -> None:
    (recipes / "mine.yaml").write_text("defaults: [/recipe/_base, _self_]\ndtype: ???\n")
    with pytest.raises(RecipeError) as caught:
        compose(["+recipe=mine"])
    (finding,) = caught.value.findings
    assert str(finding.place).startswith("recipes/mine.yaml:2:")
    assert compose(["+recipe=mine", "dtype=float16"]).recipe.dtype == "float16"


def test_own_recipes_come_before_shipped_and_named_folders_before_both(
    recipes: Path, tmp_path: Path
) -> None:
    own = recipes / "text-generation"
    own.mkdir()
    (own / "scratch.yaml").write_text(BASE + "description: own\n")
    assert compose(["+recipe=text-generation/scratch"]).recipe.description == "own"
    named = tmp_path / "named" / "recipes" / "text-generation"
    named.mkdir(parents=True)
    (named / "scratch.yaml").write_text(BASE + "description: named\n")
    dirs = [tmp_path / "named"]
    assert compose(["+recipe=text-generation/scratch"], dirs).recipe.description == "named"
    assert compose(["+recipe=fill-mask/scratch"], dirs).recipe.task == "fill-mask"


def test_relative_paths_are_relative_to_the_file_that_wrote_them(
    recipes: Path, tmp_path: Path
) -> None:
    base = tmp_path / "bases" / "recipes"
    (base / "weights").mkdir(parents=True)
    (base / "weights" / "config.json").write_text("{}")
    (base / "_local.yaml").write_text(
        "task: text-generation\nsource: {kind: local, path: ./weights}\n"
    )
    (recipes / "mine.yaml").write_text("defaults: [/recipe/_local]\n")
    composed = compose(["+recipe=mine"], [tmp_path / "bases"])
    assert composed.origin(("source", "path")).folder == base


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_template_is_always_the_text_it_is(recipes: Path, text: str) -> None:
    braces = text.replace("{", "{{").replace("}", "}}")
    template = f"{braces} ${{{{oc.env:HOME}}}} {{prompt}}"
    line = yaml.safe_dump({"prompt_template": template}, default_style='"')
    (recipes / "any.yaml").write_text(BASE + line, encoding="utf-8")
    assert compose(["+recipe=any"]).recipe.prompt_template == template


def test_a_field_may_refer_to_another(recipes: Path) -> None:
    (recipes / "mine.yaml").write_text(BASE + "tracking: {experiment: 'models of ${task}'}\n")
    assert compose(["+recipe=mine"]).recipe.tracking.experiment == "models of text-generation"


def test_the_digest_sees_what_is_packaged_and_nothing_else(recipes: Path) -> None:
    values = yaml.safe_load(BASE)
    same = [
        values,
        dict(reversed(values.items())),
        {**values, "description": "words"},
        {**values, "dtype": "auto"},
        {**values, "params": {"max_new_tokens": {"type": "long", "default": 4}}},
    ]
    assert len({digest(Recipe.model_validate(one)) for one in same}) == 1
    other = [
        {**values, "dtype": "float32"},
        {**values, "params": {"max_new_tokens": 5}},
        {**values, "prompt_template": "{prompt}"},
    ]
    assert len({digest(Recipe.model_validate(one)) for one in [values, *other]}) == 4


def test_a_finding_in_a_base_is_placed_in_the_base(recipes: Path) -> None:
    (recipes / "_bad.yaml").write_text("task: text-generation\ndtyp: float16\n")
    (recipes / "mine.yaml").write_text("defaults: [/recipe/_bad, /recipe/_base]\n")
    with pytest.raises(RecipeError) as caught:
        compose(["+recipe=mine"])
    assert [str(f.place) for f in caught.value.findings] == ["recipes/_bad.yaml:2:1"]


def test_an_override_of_a_key_that_is_not_there_is_explained(recipes: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        compose(["+recipe=text-generation/scratch", "params.max_new_token=8"])
    (finding,) = caught.value.findings
    assert finding.code == "unknown-key"
    assert "`max_new_tokens`" in finding.remedy
    assert "+params.max_new_token=8" in finding.remedy


def test_composition_leaves_no_state_behind(recipes: Path) -> None:
    first = compose(["+recipe=text-generation/scratch", "dtype=float16"])
    second = compose(["+recipe=text-generation/scratch"])
    assert (first.recipe.dtype, second.recipe.dtype) == ("float16", "auto")
