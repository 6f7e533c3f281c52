"""Values are put into the text of a recipe, and every other byte of it stays."""

import json
from copy import deepcopy
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.recipe.reading.editing import NotEditable, with_keys, with_values
from runner.recipe.reading.strict_yaml import parse
from tests.conftest import REPOSITORY

Loc = tuple[str | int, ...]
TEXT = """\
# a recipe, 🤖
task:   fill-mask   # the task
source: { kind: hub, repo: 'org/name' ,}
params:
    seed: {default: 1}

    # of the params
    top_k:
      default: 5
views:
- native
-   pyfunc # last
prompt: |+
  One.
  Two.

empty:
"""


def values_of(text: str) -> dict[str, Any]:
    document = parse(text.removeprefix("\ufeff"), Path(), "text")
    assert not document.findings
    return document.values


CASES: dict[str, tuple[Loc, Any, str, str]] = {
    "a word": (("task",), "x", "fill-mask ", "x "),
    "in brackets": (("source", "kind"), "local", "kind: hub", "kind: local"),
    "in its quotes": (("source", "repo"), "it's", "'org/name'", "'it''s'"),
    "a number": (("params", "seed", "default"), 2.5, "default: 1", "default: 2.5"),
    "an item": (("views", 1), "server", "  pyfunc #", "  server #"),
    "a block": (("params", "top_k"), {"default": 7}, "      default: 5", "      {default: 7}"),
    "several lines": (("prompt",), "a\nb", "|+\n  One.\n  Two.\n\n", '"a\\nb"\n\n'),
    "a list below its key": (("views",), [], "- native\n-   pyfunc #", " [] #"),
    "nothing": (("empty",), ["a", None], "empty:", "empty: [a, null]"),
    "text like a boolean": (("task",), "no", "fill-mask ", '"no" '),
    "text like a number": (("task",), "1e3", "fill-mask ", '"1e3" '),
    "odd characters": (("task",), "\u2028: #\x07é", "fill-mask ", '"\\U00002028: #\\u0007é" '),
    "infinity": (("empty",), -inf, "empty:", "empty: -.inf"),
    "a new field": (("dtype",), "float32", "empty:\n", "empty:\ndtype: float32\n"),
    "a new field in brackets": (("source", "x"), 1, "'org/name' ", "'org/name', x: 1 "),
    "a new field in a block": (
        ("params", "top_k", "max"), 9, "default: 5\n", "default: 5\n      max: 9\n",
    ),
    "a new block": (("load", "model", "x"), 1, "empty:\n", "empty:\nload: {model: {x: 1}}\n"),
    "a block in nothing": (("empty", "x"), 1, "empty:", "empty: {x: 1}"),
}  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("loc", "value", "old", "new"), CASES.values(), ids=CASES)
def test_a_value_is_put_where_it_belongs(
    loc: Loc, value: Any, old: str, new: str, mark: str, end: str
) -> None:
    text = mark + TEXT
    assert text.count(old) == 1
    wanted = text.replace(old, new).replace("\n", end)
    assert with_values(text.replace("\n", end), {loc: value}) == wanted


def test_several_values_at_once() -> None:
    changed = with_values(TEXT, {("task",): "x", ("new",): 1, ("views", 0): "server"})
    assert changed == TEXT.replace("fill-mask", "x").replace("native", "server") + "new: 1\n"


def test_a_text_that_ends_within_its_line_gets_another() -> None:
    assert with_values("a: 1", {("b",): 2}) == "a: 1\nb: 2"


def test_a_key_gets_another_name() -> None:
    changed = with_keys(TEXT, {("params", "top_k"): "top_p", ("task",): "tsk"})
    assert changed == TEXT.replace("top_k", "top_p").replace("task: ", "tsk: ")


@pytest.mark.parametrize(
    ("text", "loc"),
    [
        ("a: &x 1\nb: *x\n", ("a",)),
        ("a: &x {c: 1}\nb: *x\n", ("a", "c")),
        ("a: &x {c: 1, d: 2}\nb: *x\n", ("b", "c")),
        ("a: [1]\n", ("a", 1)),
        ("a: [1]\n", ("a", "b")),
        ("a: 1\n", ("a", "b")),
        ("a: [\n", ("a",)),
        ("a: 1\na: 2\n", ("a",)),
        ("a: |\n  x", ("b",)),
        ("", ("a",)),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str, loc: Loc) -> None:
    with pytest.raises(NotEditable):
        with_values(text, {loc: 5})


def test_what_else_is_wrong_with_a_text_stays_so() -> None:
    text = "a: 1\na: 2\nb: !!str 3\nc: 4\n"
    assert with_values(text, {("c",): 5}) == text.replace("4", "5")
    assert with_keys(text, {("c",): "d"}) == text.replace("c", "d")


@pytest.mark.parametrize("loc", [("b",), ("a", "b"), ("l", 0)])
def test_a_key_that_is_not_there_or_taken_is_refused(loc: Loc) -> None:
    with pytest.raises(NotEditable):
        with_keys("a: 1\nc: 2\nl: [1]\n", {loc: "c"})
    with pytest.raises(NotEditable):
        with_keys("a: 1\nc: 2\n", {("a",): "c"})


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["no", "~", "1e5", "a: b", "- x", "#", "''", "float32", "org/name"])
)
keys = st.text("abcdefgh_", min_size=1, max_size=5)
trees = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    ),
    min_size=1,
    max_size=4,
)


class Writer:
    """Writes values as a recipe of some layout, and notes where each scalar stands."""

    def __init__(self, data: st.DataObject) -> None:
        self.data, self.text, self.spans = data, "", dict[Loc, tuple[int, int]]()
        self.end = data.draw(st.sampled_from(["\n", "\r\n"]))

    def pick(self, *choices: str) -> str:
        return self.data.draw(st.sampled_from(choices))

    def break_line(self) -> None:
        self.text += self.pick("", "  ", " # said: 'x'") + self.end
        self.text += self.pick("", "", self.end, f"      # a comment{self.end}")

    def scalar(self, loc: Loc, value: Any) -> None:
        begun = len(self.text)
        written = with_values("k: 0", {("k",): value})[3:]
        if isinstance(value, str) and value.isascii() and value.isprintable():
            single = "'" + value.replace("'", "''") + "'"
            written = self.pick(written, single, json.dumps(value))
        self.text += written
        self.spans[loc] = begun, len(self.text)

    def flow(self, loc: Loc, value: Any) -> None:
        gap = self.pick("", " ")
        if isinstance(value, dict):
            self.text += "{" + gap
            for number, (key, item) in enumerate(value.items()):
                self.text += ("," + self.pick("", " ") if number else "") + f"{key}: "
                self.flow((*loc, key), item)
            self.text += gap + "}"
        elif isinstance(value, list):
            self.text += "[" + gap
            for number, item in enumerate(value):
                self.text += "," + self.pick("", " ") if number else ""
                self.flow((*loc, number), item)
            self.text += gap + "]"
        else:
            self.scalar(loc, value)

    def block(self, loc: Loc, value: Any, indent: int) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            self.text += " " * indent + ("-" if isinstance(key, int) else f"{key}:")
            if isinstance(item, dict | list) and item and self.pick("block", "flow") == "block":
                self.break_line()
                self.block((*loc, key), item, indent + int(self.pick("1", "2", "4")))
                continue
            self.text += self.pick(" ", "   ")
            self.flow((*loc, key), item)
            self.break_line()


def paths(values: Any, loc: Loc = ()) -> list[Loc]:
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    found: list[Loc] = []
    for key, value in pairs:
        found.append((*loc, key))
        if isinstance(value, dict | list):
            found += paths(value, (*loc, key))
    return found


@settings(max_examples=300, deadline=None)
@given(trees, scalars, st.data())
def test_all_but_the_changed_value_is_the_same(
    values: dict[str, Any], new: Any, data: st.DataObject
) -> None:
    writer = Writer(data)
    writer.block((), values, 0)
    assert repr(values_of(writer.text)) == repr(values), writer.text
    loc = data.draw(st.sampled_from(paths(values)))
    changed = with_values(writer.text, {loc: new})
    wanted = deepcopy(values)
    around: Any = wanted
    for key in loc[:-1]:
        around = around[key]
    around[loc[-1]] = new
    assert repr(values_of(changed)) == repr(wanted)
    if loc in writer.spans:
        begun, ended = writer.spans[loc]
        assert changed.startswith(writer.text[:begun])
        assert changed.endswith(writer.text[ended:])
        written = changed[begun : len(changed) - len(writer.text) + ended]
        assert len(written.splitlines()) == 1


@settings(max_examples=200, deadline=None)
@given(trees, scalars, st.data())
def test_a_field_that_is_added_takes_nothing_away(
    values: dict[str, Any], new: Any, data: st.DataObject
) -> None:
    writer = Writer(data)
    writer.block((), values, 0)
    inside = [loc for loc in paths(values) if isinstance(_at(values, loc), dict)]
    loc = (*data.draw(st.sampled_from([(), *inside])), "newly added key")
    changed = with_values(writer.text, {loc: new})
    before, after = writer.text, changed
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    assert after.endswith(before)
    wanted = deepcopy(values)
    _at(wanted, loc[:-1])["newly added key"] = new
    assert repr(values_of(changed)) == repr(wanted)


def _at(values: Any, loc: Loc) -> Any:
    for key in loc:
        values = values[key]
    return values


SHELF = sorted((REPOSITORY / "recipes").rglob("*.yaml"))


@pytest.mark.parametrize("file", SHELF, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_is_said_already_changes_no_value_of_a_shipped_recipe(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    values = values_of(text)
    for loc in paths(values):
        assert repr(values_of(with_values(text, {loc: _at(values, loc)}))) == repr(values)
