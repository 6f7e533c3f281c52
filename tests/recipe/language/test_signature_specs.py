"""An explicit signature is an entry of a schema, and what MLflow reads."""

from typing import Any

import pytest

from runner.recipe.language.models import Recipe
from runner.recipe.language.signature import Spec
from runner.tasks import Column, Tensor

LONG = {"type": "long"}


@pytest.mark.parametrize(
    ("written", "entry", "for_mlflow"),
    [
        ({"type": "string", "name": "a"}, Column("string", "a", media="image"), {"name": "a"}),
        ({"type": "long", "required": False}, Column("long", required=False, media="image"), {}),
        (
            {"type": "array", "items": LONG, "name": "a", "required": False},
            Column("object", "a", required=False, media="image"),
            {"name": "a", "items": {"type": "long", "required": True}},
        ),
        (
            {"type": "map", "values": LONG},
            Column("object", media="image"),
            {"values": {"type": "long", "required": True}},
        ),
        (
            {"type": "object", "properties": {"b": LONG}},
            Column("object", media="image"),
            {"properties": {"b": {"type": "long", "required": True}}},
        ),
        ({"type": "any"}, Column("object", media="image"), {}),
    ],
)
def test_a_column(written: dict[str, Any], entry: Column, for_mlflow: dict[str, Any]) -> None:
    spec = Spec.model_validate(written)
    assert spec.as_entry("image") == entry
    whole = {"type": written["type"], "required": written.get("required", True), **for_mlflow}
    assert spec.to_mlflow() == whole


@pytest.mark.parametrize("name", ["", "x"])
def test_a_tensor(name: str) -> None:
    named = {"name": name} if name else {}
    written = {"type": "tensor", "dtype": "float32", "shape": [-1, 8], **named}
    spec = Spec.model_validate(written)
    assert spec.as_entry("") == Tensor("float32", (-1, 8), name)
    tensor = {"dtype": "float32", "shape": [-1, 8]}
    assert spec.to_mlflow() == {"type": "tensor", "tensor-spec": tensor, **named}


def test_of_several_inputs_only_what_the_task_has_as_files_is_one() -> None:
    inputs = [{"name": name, "type": "string"} for name in ("image", "question")]
    seen = {"kind": "scratch", "architecture": "vilt"}
    recipe = {"task": "visual-question-answering", "source": seen, "signature": {"inputs": inputs}}
    contract = Recipe.model_validate(recipe).contract
    assert {c.name: c.media for c in contract.inputs if isinstance(c, Column)} == {
        "image": "image",
        "question": "",
    }
    named = {**recipe, "task": "image-classification", "signature": {"inputs": inputs[:1]}}
    (picture,) = Recipe.model_validate(named).contract.inputs
    assert isinstance(picture, Column)
    assert picture.media == "image"
