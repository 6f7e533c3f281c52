"""A block of the recipe language: fields of exactly the types that are declared, and no others."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
