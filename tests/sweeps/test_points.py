"""Names of points: readable where they can be, and never the same for other overrides."""

import os
from random import Random

import pytest

from runner.recipe.compose import compose
from runner.sweeps.points import point_name, points

SETS = int(os.environ.get("RECIPE_RUNNER_NAMES", "30000"))
"""How many sets of overrides are drawn; RECIPE_RUNNER_NAMES=1000000 draws a million."""


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ([], "default"),
        (["dtype=bfloat16"], "dtype=bfloat16"),
        (["dtype=float32", "params.max_new_tokens=4"], "dtype=float32,params.max_new_tokens=4"),
        (["params.temperature=0.2"], "params.temperature=0.2"),
    ],
)
def test_simple_overrides_are_their_own_name(overrides: list[str], name: str) -> None:
    assert point_name(overrides) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (['prompt_template="Q? {prompt}"'], ['prompt_template="Q! {prompt}"']),
        (["source.repo=org/model"], ["source.repo=org--model"]),
        (["description=Yes"], ["description=yes"]),
        (["description=stra\u00dfe"], ["description=strasse"]),
        (["description=caf\u00e9"], ["description=cafe\u0301"]),
        (["description=a,b=c"], ["description=a", "b=c"]),
        (["description=" + "x" * 300], ["description=" + "x" * 301]),
        (["description=" + "\u4e2d" * 120], ["description=" + "\u4e2d" * 121]),
    ],
)
def test_other_overrides_have_another_name_on_every_file_system(
    one: list[str], other: list[str]
) -> None:
    names = [point_name(one), point_name(other)]
    assert names[0].casefold() != names[1].casefold()
    assert all(len(name.encode()) <= 255 and "/" not in name for name in names)


def test_a_name_that_looks_hashed_is_no_other_points() -> None:
    hashed = point_name(["description=A"])
    assert point_name([hashed]) != hashed


@pytest.mark.parametrize(
    ("override", "start"),
    [
        ("source.repo=org/model", "source.repo=org--model-"),
        ("description=Is it?", "description=Is-it--"),
        ("description=\ud800", "description=--"),
        ("description=" + "x" * 300, "description=" + "x" * 88 + "-"),
    ],
)
def test_a_name_that_needs_a_hash_keeps_what_it_can(override: str, start: str) -> None:
    name = point_name([override])
    assert name.startswith(start)
    assert len(name) == len(start) + 16


def test_a_name_of_a_hundred_characters_is_its_own() -> None:
    longest = "description=" + "x" * 88
    assert point_name([longest]) == longest
    assert point_name([longest + "x"]).startswith(longest + "-")


@pytest.mark.parametrize(
    ("sweep", "out", "folder"),
    [(False, [], "outputs"), (True, [], "multirun"), (True, ["out=here"], "here")],
)
def test_a_point_has_a_folder_under_its_recipe(sweep: bool, out: list[str], folder: str) -> None:
    recipe = "+recipe=text-generation/scratch"
    composed = [compose([recipe, *more, *out]) for more in ([], ["dtype=float16"])]
    found = points(composed, sweep=sweep)
    assert [point.composed for point in found] == composed
    assert [(point.name, str(point.folder)) for point in found] == [
        ("default", f"{folder}/text-generation/scratch/default"),
        ("dtype=float16", f"{folder}/text-generation/scratch/dtype=float16"),
    ]


def test_the_order_in_which_overrides_are_given_makes_no_other_point() -> None:
    assert point_name(["params.top_k=1", "dtype=float16"]) == "dtype=float16,params.top_k=1"
    assert point_name(["dtype=float16", "dtype=float32"]) == "dtype=float16,dtype=float32"


def test_random_override_sets_have_names_that_no_file_system_takes_for_one_another() -> None:
    drawn = Random(16)
    keys = ["dtype", "description", "prompt_template", "source.repo", "params.top_k", "~params.a"]
    letters = "aAbB09 .,-_=/\\:?*'\"[]{}ßéİ中\n"
    sets: set[tuple[str, ...]] = set()
    while len(sets) < SETS:
        texts = (
            f"{key}={''.join(drawn.choices(letters, k=drawn.choice([1, 2, 3, 200])))}"
            for key in drawn.sample(keys, drawn.randint(1, 3))
        )
        sets.add(tuple(sorted(texts, key=lambda text: text.partition("=")[0].lstrip("~"))))
    names = {point_name(one).casefold().rstrip(". ") for one in sets}
    assert len(names) == len(sets)
    assert max(len(name.encode()) for name in names) <= 255
