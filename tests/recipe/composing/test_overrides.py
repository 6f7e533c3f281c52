"""Overrides: read with Hydra's grammar, and counted out for sweeps."""

from pathlib import Path

import pytest

from runner.findings import RecipeError
from runner.recipe.composing.command_line import read_command_line
from runner.recipe.composing.overrides import COMMAND_LINE, expand, parse
from runner.recipe.reading.shelf import open_shelf

RECIPE = "+recipe=text-generation/scratch"


@pytest.mark.parametrize(
    ("override", "values"),
    [
        ("dtype=float16", ["dtype=float16"]),
        ("dtype=float32,bfloat16", ["dtype=float32", "dtype=bfloat16"]),
        ("+dtype=float32, bfloat16", ["+dtype=float32", "+dtype=bfloat16"]),
        ("~dtype", ["~dtype"]),
        ("params.top_p=0.10, 1e-05", ["params.top_p=0.10", "params.top_p=1e-05"]),
        ("description='a=b',c", ["description='a=b'", "description=c"]),
        ("params.seed=range(3,0,-2)", ["params.seed=3", "params.seed=1"]),
        ("params.top_k=choice(1,5)", ["params.top_k=1", "params.top_k=5"]),
        ("description='a,b',c", ["description='a,b'", "description=c"]),
        ("code_paths=[a,b],[c]", ["code_paths=[a,b]", "code_paths=[c]"]),
        ("params={top_k: 1},{top_k: 2}", ["params={top_k:1}", "params={top_k:2}"]),
        ("+evaluation=glob(q*)", ["+evaluation=quick"]),
        ("+recipe=glob(fill-mask/scr*)", ["+recipe=fill-mask/scratch"]),
    ],
)
def test_an_override_stands_for_its_values(override: str, values: list[str]) -> None:
    assert expand([override]) == [(value,) for value in values]


def test_the_last_override_varies_fastest() -> None:
    points = expand([RECIPE, "dtype=float16,float32", "params.top_k=1,2"])
    assert [point[1:] for point in points] == [
        ("dtype=float16", "params.top_k=1"), ("dtype=float16", "params.top_k=2"),
        ("dtype=float32", "params.top_k=1"), ("dtype=float32", "params.top_k=2"),
    ]  # fmt: skip
    assert {point[0] for point in points} == {RECIPE}
    assert expand([]) == [()]


def test_names_are_looked_for_in_the_folders_that_were_named(workspace: Path) -> None:
    folder = workspace / "mine" / "recipes"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text("task: fill-mask\n")
    with pytest.raises(RecipeError):
        expand(["+recipe=glob(tw*)"])
    assert expand(["+recipe=glob(tw*)"], [workspace / "mine"]) == [("+recipe=two",)]


def test_a_block_inside_a_block_is_a_group_too(workspace: Path) -> None:
    folder = workspace / "configs" / "load" / "tokenizer"
    folder.mkdir(parents=True)
    (folder / "left.yaml").write_text("padding_side: left\n")
    assert expand(["+load/tokenizer=glob(l*)"]) == [("+load/tokenizer=left",)]


def test_as_many_points_as_are_the_most_are_taken() -> None:
    assert len(expand(["params.a=range(0,100)", "params.b=range(0,100)"])) == 10_000


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["params.a=range(0,100)", "params.b=range(0,101)"],
            ["bad-sweep: The sweep has more than 10000 points, which are the most."],
        ),
        (
            ["params.c=interval(0,1)", "params.b=1,2", "params.a=glob(zz*)"],
            [
                "bad-sweep: `params.a=glob(zz*)` stands for no value at all.",
                "bad-sweep: `params.c=interval(0,1)` cannot be swept: between two numbers",
            ],
        ),
        (
            ["params.a=range(1,9,0)", "params.b=range(0.5,inf)"],
            [
                "bad-override: `params.a=range(1,9,0)` cannot be read: a range with a step of 0",
                "bad-override: `params.b=range(0.5,inf)` cannot be read: its bounds and its steps",
            ],
        ),
        *(
            ([f"params.a={nested}"], [f"bad-override: `params.a={nested}` cannot be read: choice"])
            for nested in (
                "choice(4,5),6",
                "choice(1,choice(2,3))",
                "[range(1,3)],b",
                "{a: [choice(1,2)]}",
                "[glob(a)]",
                "shuffle(a,b),c",
            )
        ),
        (["again", "dtype=1,2"], ["bad-override: `again` is not an override."]),
        (["params.a={"], ["bad-override: `params.a={` cannot be read: it breaks off."]),
        (
            ["evaluation.inputs[0]=x"],
            ["bad-override: `evaluation.inputs[0]=x`: an item of a list is named by a dot and"],
        ),
        (["=x", "inputs.-1=y"], ["bad-override: `=x`: what stands", "bad-override: `inputs.-1=y`"]),
    ],
)
def test_everything_that_cannot_be_counted_out_is_said(
    overrides: list[str], said: list[str]
) -> None:
    with pytest.raises(RecipeError) as caught:
        expand(overrides)
    found = [f"{one.code}: {one.message}" for one in caught.value.findings]
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found
    assert {one.place for one in caught.value.findings} == {COMMAND_LINE}


@pytest.mark.parametrize(
    ("override", "message", "remedy"),
    [
        ("again", "is not an override.", "Write key=value."),
        (
            "+evaluation.inputs[12]=x",
            "an item of a list is named by a dot and its number.",
            "Write +evaluation.inputs.12=…, counted from 0.",
        ),
        ("a.b={", "it breaks off.", "Quote a value with special characters: 'a.b=\"…\"'."),
        ("a=b=[", "it breaks off.", "Quote a value with special characters: 'a=\"…\"'."),
        ("a=>1", "'>' is a special character.", "Quote a value with special characters: 'a="),
        ("a=f(x)", "cannot be read: Unknown function 'f'.", "Quote a value with special char"),
        (
            "=x",
            "what stands before the `=` is no name of a field.",
            "Write names with dots between them, and items of a list counted from 0.",
        ),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_write(
    override: str, message: str, remedy: str
) -> None:
    ((finding,), (parsed,)) = reversed(parse([override, "dtype=float16"]))
    assert finding.code == "bad-override"
    assert finding.message.startswith(f"`{override}`")
    assert finding.message.endswith(message)
    assert finding.remedy.startswith(remedy)
    assert parsed.input_line == "dtype=float16"


def test_what_can_be_read_is_read_beside_what_cannot() -> None:
    parsed, findings = parse(["dtype=float16", "again", "+params.a=1"])
    assert [one.input_line for one in parsed] == ["dtype=float16", "+params.a=1"]
    assert [one.remedy for one in findings] == ["Write key=value."]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ([], ["missing-recipe: No recipe is named."]),
        (["dtype=float16"], ["missing-recipe: No recipe is named."]),
        (
            ["+recipes=text-generation/scratch"],
            ["unknown-group: `+recipes=text-generation/scratch"],
        ),
        (
            ["recipe=text-generation/scratch"],
            ["unknown-group: `recipe=text-generation/scratch`: a"],
        ),
        (["again"], ["bad-override: `again` is not an override."]),
        ([RECIPE, RECIPE], ["bad-override: `+recipe` is given 2 times."]),
        (["+recipe="], ["bad-override: `+recipe=` names no recipe."]),
        (["+recipe=1"], ["bad-override: `+recipe=1` names no recipe."]),
        (["+recipe@x=a"], ["bad-override: `+recipe@x=a` names no recipe."]),
        (["+recipe=text-generation/scrach"], ["unknown-recipe: There is no recipe"]),
        ([RECIPE, "dtype=a,b"], ["sweep-without-multirun: `dtype=a,b` stands for several"]),
        ([RECIPE, "hydra.run.dir=x"], ["forbidden-override: `hydra.run.dir=x`: the runner"]),
        ([RECIPE, "hydra/launcher=x"], ["forbidden-override: `hydra/launcher=x`: the runner"]),
        ([RECIPE, "a/b=x"], ["unknown-group: `a/b=x`: there is no group `a/b`."]),
        ([RECIPE, "dtype@b=x"], ["unknown-group: `dtype@b=x`: there is no group `dtype`."]),
        (
            [RECIPE, "+evaluation=a", "evaluation=b"],
            ["bad-override: `evaluation=b`: the group `evaluation` is chosen twice."],
        ),
    ],
)
def test_a_command_line_that_no_recipe_answers_says_why(
    overrides: list[str], said: list[str]
) -> None:
    read = read_command_line(overrides, open_shelf())
    found = [f"{one.code}: {one.message}" for one in read.findings]
    assert len(found) == len(said), found
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found
    assert {one.place for one in read.findings} == {COMMAND_LINE}
    assert all(one.remedy.endswith((".", "?", "`ls`.")) for one in read.findings), read.findings


def test_a_command_line_names_a_recipe_blocks_of_groups_and_changes() -> None:
    overrides = [
        "+evaluation=[quick,served]", "dtype=float16", RECIPE, "model_config=null", "~tracking",
        "+evaluation.x=1", "evaluation={seed: 1}", "params=[]",
    ]  # fmt: skip
    read = read_command_line(overrides, open_shelf())
    assert (read.name, read.findings) == ("text-generation/scratch", [])
    assert read.overrides == [one for one in overrides if one != RECIPE]
    (choice,) = read.choices.values()
    assert (choice.group, choice.names, choice.adds) == (("evaluation",), ("quick", "served"), True)
    assert [one.input_line for one in read.others] == read.overrides[1:]
    chosen = read_command_line([RECIPE, "tracking=one", "+load/tokenizer=left"], open_shelf())
    assert [(one.group, one.names, one.adds) for one in chosen.choices.values()] == [
        (("tracking",), ("one",), False), (("load", "tokenizer"), ("left",), True),
    ]  # fmt: skip
    deleted = read_command_line([RECIPE, "~evaluation=quick"], open_shelf())
    assert (deleted.choices, [one.input_line for one in deleted.others]) == (
        {},
        ["~evaluation=quick"],
    )


def test_a_recipe_given_by_its_file_is_looked_for_in_its_folder_first(workspace: Path) -> None:
    file = workspace / "elsewhere" / "recipes" / "own.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("task: fill-mask\n")
    read = read_command_line([f"+recipe={file}"], open_shelf())
    assert (read.name, read.findings, read.shelf.roots[0]) == ("own", [], file.parent)
    by_name = read_command_line(["+recipe=fill-mask/scratch.yaml"], open_shelf())
    assert by_name.name == "fill-mask/scratch"
    lock = file.with_suffix(".lock.yaml")
    lock.write_text("")
    (finding,) = read_command_line([f"+recipe={lock}"], open_shelf()).findings
    assert finding.place == COMMAND_LINE
