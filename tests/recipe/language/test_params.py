"""The params schema: short and long forms, and which defaults fit which type."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from runner.recipe.language.params import Param, ParamEntry, expand_short_form
from runner.recipe.language.signature import ExplicitSignature

ENTRY: TypeAdapter[Param] = TypeAdapter(ParamEntry)
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("written", "kind", "default", "shape"),
    [
        (True, "boolean", True, None),
        (20, "long", 20, None),
        (0.5, "double", 0.5, None),
        ("a", "string", "a", None),
        ([1, 2], "long", [1, 2], [-1]),
        (["a"], "string", ["a"], [-1]),
        ({"default": 4}, "long", 4, None),
        ({"default": [True]}, "boolean", [True], [-1]),
        ({"type": "integer", "default": 4}, "integer", 4, None),
        ({"type": "double", "default": 4}, "double", 4, None),
        ({"type": "double", "default": None}, "double", None, None),
        ({"type": "float", "default": [1, 0.5], "shape": [-1]}, "float", [1, 0.5], [-1]),
        ({"type": "float", "default": [], "shape": [-1]}, "float", [], [-1]),
        ({"type": "datetime", "default": "2026-01-02T03:04"}, "datetime", "2026-01-02T03:04", None),
        ({"type": "integer", "default": 2**31 - 1}, "integer", 2**31 - 1, None),
        ({"type": "integer", "default": -(2**31)}, "integer", -(2**31), None),
        ({"type": "long", "default": 2**63 - 1}, "long", 2**63 - 1, None),
        ({"type": "long", "default": -(2**63)}, "long", -(2**63), None),
    ],
)
def test_a_param_is_of_the_type_that_it_says_or_shows(
    written: Any, kind: str, default: Any, shape: list[int] | None
) -> None:
    param = ENTRY.validate_python(written)
    assert (param.type, param.default, param.shape) == (kind, default, shape)
    assert type(param.default) is type(default)
    assert expand_short_form(param) is param


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "no MLflow type can be told"),
        ([], "no MLflow type can be told"),
        ([[1]], "no MLflow type can be told"),
        ({"default": None}, "no MLflow type can be told"),
        ([1, "a"], r"default \[1, 'a'\] is not a list of long"),
        ([True, 1], "is not a list of boolean"),
        ({"type": "string", "default": 1}, "default 1 is not string"),
        ({"type": "boolean", "default": 1}, "default 1 is not boolean"),
        ({"type": "long", "default": True}, "default True is not long"),
        ({"type": "long", "default": 1.0}, "default 1.0 is not long"),
        ({"type": "double", "default": False}, "default False is not double"),
        ({"type": "double", "default": "1"}, "default '1' is not double"),
        ({"type": "integer", "default": 2**31}, "is not integer"),
        ({"type": "integer", "default": -(2**31) - 1}, "is not integer"),
        ({"type": "long", "default": 2**63}, "is not long"),
        ({"type": "long", "default": -(2**63) - 1}, "is not long"),
        ({"type": "datetime", "default": "soon"}, "default 'soon' is not datetime"),
        ({"type": "datetime", "default": 2026}, "default 2026 is not datetime"),
        ({"type": "long", "default": 1, "shape": [-1]}, "default 1 is not a list of long"),
        ({"type": "long", "default": [1]}, r"default \[1\] is not long"),
        ({"type": "long", "default": None, "shape": [-1]}, "a list needs a default that is not"),
        ({"type": "datetime", "default": None}, "a param of type datetime needs a default"),
        (
            {"type": "object", "default": None, "properties": {"a": TEXT}},
            "a param of type object needs a default",
        ),
        ({"type": "object", "default": {}}, "`properties` belong to type: object"),
        ({"type": "long", "default": 1, "properties": {"a": TEXT}}, "`properties` belong to"),
        (
            {"type": "object", "default": [{}], "shape": [-1], "properties": {"a": TEXT}},
            "MLflow takes no list of objects",
        ),
        ({"type": "object", "default": 1, "properties": {"a": TEXT}}, "default 1 is not object"),
    ],
)
def test_a_default_that_its_type_does_not_take_is_refused(written: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ENTRY.validate_python(written)


def test_an_object_says_what_it_holds() -> None:
    written = {"type": "object", "default": {"a": "b"}, "properties": {"a": TEXT}}
    assert ENTRY.validate_python(written).default == {"a": "b"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"inputs": []}, "at least 1 item"),
        ({"inputs": [TEXT], "outputs": []}, "at least 1 item"),
        ({"inputs": [TEXT, {**TEXT, "name": "a"}]}, "several inputs need a name each"),
        ({"inputs": [{**TEXT, "name": "a"}] * 2}, "several inputs need a name each"),
        ({"inputs": [TEXT], "outputs": [TEXT, TEXT]}, "several outputs need a name each"),
        (
            {"inputs": [
                {**TEXT, "name": "a"},
                {"type": "tensor", "dtype": "int64", "shape": [-1], "name": "b"},
            ]},
            "inputs are all tensors or none is",
        ),
        ({"inputs": [{"type": "array"}]}, "type: array takes items; this one has none"),
        (
            {"inputs": [{"type": "tensor", "dtype": "int64"}]},
            "type: tensor takes dtype and shape; this one has dtype",
        ),
        (
            {"inputs": [{**TEXT, "items": TEXT}]},
            "type: string takes none of items, properties, values; this one has items",
        ),
    ],
)  # fmt: skip
def test_a_signature_that_mlflow_could_not_read_is_refused(written: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ExplicitSignature.model_validate(written)


@pytest.mark.parametrize(
    "written",
    [
        {"inputs": [TEXT]},
        {"inputs": [{**TEXT, "name": "a"}, {**TEXT, "name": "b"}], "outputs": [TEXT]},
        {"inputs": [{"type": "tensor", "dtype": "int64", "shape": [-1]}], "outputs": [TEXT]},
    ],
)
def test_a_signature_that_mlflow_reads_is_taken(written: dict[str, Any]) -> None:
    signature = ExplicitSignature.model_validate(written)
    assert [spec.name for spec in signature.inputs] == [
        one.get("name") for one in written["inputs"]
    ]
