"""An explicit signature: inputs and outputs in the terms of MLflow's own schema."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from runner.tasks import Column, Tensor
from runner.tasks.media import Media

SpecType = Literal[
    "string", "boolean", "integer", "long", "float", "double", "binary", "datetime",
    "array", "object", "map", "any", "tensor",
]  # fmt: skip
_TAKES: dict[str, tuple[str, ...]] = {
    "array": ("items",),
    "object": ("properties",),
    "map": ("values",),
    "tensor": ("dtype", "shape"),
}
_PARTS = ("items", "properties", "values", "dtype", "shape")


class Spec(BaseModel):
    """One column, tensor or part of either.

    Args:
        type: An MLflow data type; or ``array`` of ``items``, ``object`` of ``properties``, ``map``
            to ``values``, ``any``, or ``tensor`` of a ``dtype`` and ``shape``.
        name: Name of the column or tensor; one alone may go without.
        required: Whether callers must give it.
        items: What an array holds.
        properties: What an object holds, by name.
        values: What a map holds under each key.
        dtype: numpy dtype name of a tensor, such as ``float32``.
        shape: Shape of a tensor, with -1 for a free dimension.

    Source: ``mlflow.types.schema``: ``ColSpec``, ``TensorSpec``, ``Array``, ``Object``, ``Map``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    type: SpecType
    name: str | None = None
    required: bool = True
    items: "Spec | None" = None
    properties: "dict[str, Spec] | None" = None
    values: "Spec | None" = None
    dtype: str | None = None
    shape: list[int] | None = None

    @model_validator(mode="after")
    def _parts_fit_the_type(self) -> "Spec":
        needed = _TAKES.get(self.type, ())
        given = [part for part in _PARTS if getattr(self, part) is not None]
        if wrong := sorted(set(needed) ^ set(given)):
            raise PydanticCustomError(
                "spec_parts",
                "type: {type} takes {needed}; this one has {given}",
                {
                    "type": self.type,
                    "needed": " and ".join(needed) or "none of items, properties, values",
                    "given": " and ".join(given) or "none",
                    "wrong": ", ".join(wrong),
                },
            )
        return self

    def to_mlflow(self) -> dict[str, Any]:
        """Give the spec as the dictionary that ``mlflow.types.schema`` reads."""
        if self.type == "tensor":
            tensor = {"dtype": self.dtype, "shape": self.shape}
            named = {"name": self.name} if self.name else {}
            return {"type": "tensor", "tensor-spec": tensor, **named}
        given: dict[str, Any] = {"type": self.type, "required": self.required}
        if self.name:
            given["name"] = self.name
        return given | self._inside()

    def _inside(self) -> dict[str, Any]:
        if self.items is not None:
            return {"items": self.items.to_mlflow()}
        if self.values is not None:
            return {"values": self.values.to_mlflow()}
        if self.properties is not None:
            return {"properties": {key: p.to_mlflow() for key, p in self.properties.items()}}
        return {}

    def as_entry(self, media: Media) -> Column | Tensor:
        """Give the spec as an entry of a task's schema.

        Args:
            media: What files named by recipes hold for it.
        """
        match self.type:
            case "tensor":
                return Tensor(self.dtype or "", tuple(self.shape or ()), self.name or "")
            case "array" | "object" | "map" | "any":
                return Column("object", self.name or "", required=self.required, media=media)
            case scalar:
                return Column(scalar, self.name or "", required=self.required, media=media)


class ExplicitSignature(BaseModel):
    """Inputs and outputs that the recipe writes down itself.

    Args:
        inputs: The inputs; several need names.
        outputs: The outputs; the task's own where absent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    inputs: list[Spec] = Field(min_length=1)
    outputs: list[Spec] | None = Field(default=None, min_length=1)

    @property
    def of_tensors(self) -> bool:
        """Whether the inputs are tensors."""
        return self.inputs[0].type == "tensor"

    @model_validator(mode="after")
    def _several_have_names(self) -> "ExplicitSignature":
        for side, specs in (("inputs", self.inputs), ("outputs", self.outputs or [])):
            names = [spec.name for spec in specs]
            tensors = [spec.type == "tensor" for spec in specs]
            if len(specs) > 1 and (None in names or len(set(names)) < len(names)):
                raise PydanticCustomError(
                    "spec_names", "several {side} need a name each, no two alike", {"side": side}
                )
            if any(tensors) and not all(tensors):
                raise PydanticCustomError(
                    "spec_kinds", "{side} are all tensors or none is", {"side": side}
                )
        return self
