"""The params schema: what callers may override at ``predict()``."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from runner.recipe.language.signature import Spec

ParamType = Literal["string", "boolean", "integer", "long", "float", "double", "datetime", "object"]
PARAM_TYPES: tuple[str, ...] = get_args(ParamType)

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


def _fits(value: object, kind: ParamType) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "long":
            bounds = _INT32 if kind == "integer" else _INT64
            return isinstance(value, int) and not isinstance(value, bool) and value in bounds
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "datetime":
            return isinstance(value, str) and _is_datetime(value)
        case "object":
            return isinstance(value, dict)


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _type_of(value: object) -> ParamType:
    match value:
        case bool():
            return "boolean"
        case int():
            return "long"
        case float():
            return "double"
        case str():
            return "string"
        case _:
            raise PydanticCustomError(
                "param_type",
                "no MLflow type can be told from this default; write {form} with one of {types}",
                {"form": "{type: …, default: …}", "types": ", ".join(PARAM_TYPES)},
            )


class Param(BaseModel):
    """One entry of the params schema.

    Args:
        type: MLflow data type: ``string``, ``boolean``, ``integer`` (32 bit), ``long`` (64 bit),
            ``float`` (32 bit), ``double`` (64 bit), ``datetime`` (ISO 8601 text) or ``object``.
        default: Value used where a caller gives none; a list where ``shape`` is ``[-1]``;
            null for "not set".
        shape: ``[-1]`` for a list of ``type``; null for one value.
        properties: What an ``object`` holds, by name.

    Source: ``mlflow.types.schema.ParamSpec``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    type: ParamType
    default: Any
    shape: list[Literal[-1]] | None = Field(default=None, min_length=1, max_length=1)
    properties: dict[str, Spec] | None = None

    @model_validator(mode="after")
    def _default_fits_type(self) -> "Param":
        if (self.type == "object") != (self.properties is not None):
            raise PydanticCustomError("param_object", "`properties` belong to type: object", {})
        if self.shape and self.type == "object":
            raise PydanticCustomError("param_object", "MLflow takes no list of objects", {})
        if self.default is None and (self.shape or self.type in ("datetime", "object")):
            what = "a list" if self.shape else f"a param of type {self.type}"
            raise PydanticCustomError(
                "param_default", "{what} needs a default that is not null", {"what": what}
            )
        if self.default is None:
            return self
        values = self.default if self.shape else [self.default]
        if not isinstance(values, list) or not all(_fits(v, self.type) for v in values):
            wanted = f"a list of {self.type}" if self.shape else self.type
            raise PydanticCustomError(
                "param_default",
                "default {default} is not {wanted}",
                {"default": repr(self.default), "wanted": wanted},
            )
        return self


def expand_short_form(value: object) -> object:
    """Turn ``20`` into ``{type: long, default: 20}`` and ``[1, 2]`` into a list param."""
    if isinstance(value, Param):
        return value
    if isinstance(value, dict):
        given: dict[str, Any] = dict(value)
        if "type" not in given and "default" in given:
            return {**_infer(given["default"]), **given}
        return given
    return _infer(value)


def _infer(default: Any) -> dict[str, Any]:
    if isinstance(default, list) and default:
        return {"type": _type_of(default[0]), "default": default, "shape": [-1]}
    return {"type": _type_of(default), "default": default}


Default = str | bool | int | float
ParamEntry = Annotated[
    Param,
    BeforeValidator(expand_short_form, json_schema_input_type=Param | Default | list[Default]),
]
"""A param in its long or its short form."""
