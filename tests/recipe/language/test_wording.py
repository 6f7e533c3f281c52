"""What is written where nothing of the kind may stand, in words that help."""

from typing import Any

import pytest

from runner.findings import Fix, Loc
from runner.recipe.language.schema import plain_loc
from runner.recipe.language.sweep import Sweep
from runner.recipe.language.wording import block_named, unknown_key

HUB = {"kind": "hub", "repo": "a/b"}
REPLACES = "a block that says its `kind` replaces the one that it extends"
SCRATCH = {"kind": "scratch", "architecture": "bert"}


@pytest.mark.parametrize(
    ("loc", "block", "name"),
    [
        ((), {"kind": "hub"}, "a recipe"),
        (("source",), HUB, "source (kind: hub)"),
        (("components", "tokenizer"), HUB, "components.tokenizer (kind: hub)"),
        (("source",), {"repo": "a/b"}, "source"),
        (("source",), {"kind": ["hub"]}, "source"),
        (("evaluation", "expect", 0), "text", "evaluation.expect.0"),
        (("evaluation",), None, "evaluation"),
    ],
)
def test_a_block_is_named_by_its_path_and_kind(loc: Loc, block: Any, name: str) -> None:
    assert block_named(loc, block) == name


def test_the_whole_is_named_by_its_model() -> None:
    assert block_named((), {}, Sweep) == "a sweep"
    assert unknown_key(("foo",), {"foo": 1}, Sweep).message == "`foo` is not a field of a sweep."


@pytest.mark.parametrize(
    ("values", "loc", "message", "remedy", "fix"),
    [
        (
            {"source": {**HUB, "revison": "main"}},
            ("source", "revison"),
            "`revison` is not a field of source (kind: hub).",
            "Did you mean `revision`?",
            Fix("revison", "revision", is_key=True),
        ),
        (  # the right one is there as well: to mend it would make two of them
            {"source": {**HUB, "revison": "main", "revision": "main"}},
            ("source", "revison"),
            "`revison` is not a field of source (kind: hub).",
            "Did you mean `revision`?",
            None,
        ),
        (
            {"source": {**SCRATCH, "revision": "main"}},
            ("source", "revision"),
            "`revision` is not a field of source (kind: scratch).",
            f"It is a field of kind: hub; {REPLACES}.",
            None,
        ),
        (
            {"components": {"tokenizer": {**SCRATCH, "repo": "a/b"}}},
            ("components", "tokenizer", "repo"),
            "`repo` is not a field of components.tokenizer (kind: scratch).",
            f"It is a field of kind: hub; {REPLACES}.",
            None,
        ),
        (
            {"register_as": "x"},
            ("register_as",),
            "`register_as` is not a field of a recipe.",
            "It is a field of `tracking`.",
            None,
        ),
        (  # what a source has is no remedy elsewhere
            {"tracking": {"repo": "a/b"}},
            ("tracking", "repo"),
            "`repo` is not a field of tracking.",
            "Its fields are experiment, register_as, alias, tags.",
            None,
        ),
    ],
    ids=["a slip", "beside it", "another kind", "a component", "in a block", "nowhere near"],
)
def test_an_unknown_key_is_told_what_it_could_be(
    values: dict[str, Any], loc: Loc, message: str, remedy: str, fix: Fix | None
) -> None:
    found = unknown_key(loc, values)
    assert (found.code, found.loc) == ("unknown-key", loc)
    assert (found.message, found.remedy, found.fix) == (message, remedy, fix)


@pytest.mark.parametrize(
    ("tagged", "values", "plain"),
    [
        (("source", "hub", "repo"), {"source": HUB}, ("source", "repo")),
        (("adapter", "hub", "repo"), {"adapter": HUB}, ("adapter", "repo")),
        (("components", "tokenizer", "hub", "repo"), {"components": {"tokenizer": HUB}},
         ("components", "tokenizer", "repo")),
        # a name that is written is a key, whatever it looks like
        (("source", "hub", "hub"), {"source": {**HUB, "hub": 1}}, ("source", "hub")),
        (("params", "a(b)"), {"params": {"a(b)": 1}}, ("params", "a(b)")),
        (("params", "a[0]"), {"params": {"a[0]": 1}}, ("params", "a[0]")),
        (("evaluation", "inputs", "list[any]", 1), {"evaluation": {"inputs": [1, 2]}},
         ("evaluation", "inputs", 1)),
        (("evaluation", "inputs", "function-plain()", 1), {"evaluation": {"inputs": [1, 2]}},
         ("evaluation", "inputs", 1)),
        # and of what is not there, only where it would be
        (("source", "hub", "repo"), {"source": {"kind": "hub"}}, ("source", "repo")),
        (("evaluation", "inputs", 5), {"evaluation": {"inputs": [1]}}, ("evaluation", "inputs", 5)),
    ],
    ids=str,
)  # fmt: skip
def test_pydantics_locations_become_paths_of_the_recipe(
    tagged: Loc, values: Any, plain: Loc
) -> None:
    assert plain_loc(tagged, values) == plain
