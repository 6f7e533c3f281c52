"""Layers: values put over values, and what is known of each: where it was written, and how."""

from pathlib import Path
from typing import Any

import pytest

from runner.findings import Place
from runner.recipe.composing.layers import Layered, Origin, Part, Put, delete, layer
from runner.recipe.reading.strict_yaml import read

TYPED = Origin(Place("typed"), Path())


def layered(*texts: str, at: tuple[str, ...] = ()) -> Layered:
    """Put files over each other: ``0.yaml``, ``1.yaml`` and so on."""
    parts = []
    for number, text in enumerate(texts):
        Path(f"{number}.yaml").write_text(text)
        parts.append(Part(read(Path(f"{number}.yaml")), at))
    return layer(parts)


def put(values: Layered, loc: tuple[str | int, ...], value: Any) -> Layered:
    """Put a value that was typed."""
    Put(values, lambda _: TYPED).value(loc, value)
    return values


def places(values: Layered) -> dict[str, str]:
    """Give the places of values, by their path in words."""
    return {".".join(map(str, loc)): str(one.place) for loc, one in values.origins.items()}


def test_a_mapping_merges_and_anything_else_replaces(workspace: Path) -> None:
    found = layered("a: {b: 1, c: [1, 2]}\nd: x\n", "a: {c: [3], e: 0x10}\nd: {f: 1}\n")
    assert found.values == {"a": {"b": 1, "c": [3], "e": 16}, "d": {"f": 1}}
    assert places(found) == {
        "": "1.yaml:1:1", "a": "1.yaml:1:1", "a.b": "0.yaml:1:5", "a.c": "1.yaml:1:5",
        "a.c.0": "1.yaml:1:9", "a.e": "1.yaml:1:13", "d": "1.yaml:2:1", "d.f": "1.yaml:2:5",
    }  # fmt: skip
    assert found.raw == {("a", "b"): "1", ("a", "c", 0): "3", ("a", "e"): "0x10", ("d", "f"): "1"}


def test_a_block_that_says_its_kind_is_whole(workspace: Path) -> None:
    found = layered("a: {kind: x, b: 1}\n", "a: {kind: y}\n")
    assert found.values == {"a": {"kind": "y"}}
    assert set(places(found)) == {"", "a", "a.kind"}
    assert found.raw == {}


LONG = "params: {n: {type: long}}\n"


@pytest.mark.parametrize(
    ("texts", "value", "default"),
    [
        (("params: {n: 0x10}\n", LONG), {"default": 16, "type": "long"}, "0.yaml:1:10"),
        ((LONG, "params: {n: 0x10}\n"), {"default": 16, "type": "long"}, "1.yaml:1:10"),
        (("params: {n: 1}\n", LONG, "params: {n: 0x10}\n"),
         {"default": 16, "type": "long"}, "2.yaml:1:10"),
        (("params: {n: 1}\n", "params: {n: {type: long, default: 0x10}}\n"),
         {"default": 16, "type": "long"}, "1.yaml:1:26"),
    ],
)  # fmt: skip
def test_the_short_form_of_a_param_is_the_default_of_its_long_form(
    workspace: Path, texts: tuple[str, ...], value: dict[str, Any], default: str
) -> None:
    found = layered(*texts)
    assert found.values == {"params": {"n": value}}
    assert places(found)["params.n.default"] == default
    assert places(found)["params.n"] == f"{len(texts) - 1}.yaml:1:10"  # whose mistake it would be
    assert found.raw == {("params", "n", "default"): "0x10"}


def test_a_short_form_takes_what_is_typed_of_its_long_form(workspace: Path) -> None:
    found = put(layered("params: {n: 0x10}\n"), ("params", "n", "type"), "double")
    assert found.values == {"params": {"n": {"default": 16, "type": "double"}}}
    assert places(found)["params.n.default"] == "0.yaml:1:10"
    assert places(found)["params.n.type"] == places(found)["params.n"] == "typed"
    assert found.raw == {("params", "n", "default"): "0x10"}


def test_only_a_param_has_a_short_form(workspace: Path) -> None:
    found = put(layered("a: {n: 1}\nb: [x]\nc: 2\n"), ("a", "n", "type"), "double")
    put(put(put(found, ("b", 0, "y"), 1), ("c", "d", "e"), 2), ("params", "n", "type"), "long")
    assert found.values == {
        "a": {"n": {"type": "double"}}, "b": [{"y": 1}], "c": {"d": {"e": 2}},
        "params": {"n": {"type": "long"}},
    }  # fmt: skip
    assert places(found)["c.d"] == "typed"


def test_what_is_put_is_not_what_was_given(workspace: Path) -> None:
    given = {"a": [{"b": 1}]}
    found = put(Layered(), ("x",), given)
    put(found, ("x", "a", 0, "b"), 2)
    assert given == {"a": [{"b": 1}]}
    assert found.values == {"x": {"a": [{"b": 2}]}}


def test_a_value_left_open_keeps_the_one_below_and_stays_open_without(workspace: Path) -> None:
    found = layered("a: 1\nb: {c: 2}\n", "a: ???\nb: ???\nd: ???\n")
    assert found.values == {"a": 1, "b": {"c": 2}, "d": "???"}
    assert places(found)["a"] == "0.yaml:1:1"
    assert places(found)["d"] == "1.yaml:3:1"


def test_a_deleted_value_is_forgotten_whole(workspace: Path) -> None:
    found = layered("a: {b: {c: 1}, bb: 2}\n")
    delete(found, ("a", "b"))
    assert found.values == {"a": {"bb": 2}}
    assert set(places(found)) == {"", "a", "a.bb"}
    assert found.raw == {("a", "bb"): "2"}


def test_a_block_of_a_group_is_put_at_its_path(workspace: Path) -> None:
    found = layered("defaults: [x]\nseed: 0x10\n", at=("evaluation",))
    assert found.values == {"evaluation": {"seed": 16}}
    assert places(found)["evaluation.seed"] == "0.yaml:2:1"
    assert found.raw == {("evaluation", "seed"): "0x10"}
    assert found.origin(("evaluation", "seed", "x", 0)).place == Place("0.yaml", 2, 1)
    assert str(found.origin(("nothing",)).place) == "command line"
