"""The recipe language as JSON Schema (2020-12), for editors and for checks in other languages."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from runner.metrics.own import Own
from runner.recipe.language.meanings import meanings_of, summary_of
from runner.recipe.language.models import Recipe
from runner.recipe.language.sweep import Launcher, Search, Sweep
from runner.sources import all_kinds
from runner.tasks import all_tasks

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "Reference"
_FREE_TEXT = ("description", "prompt_template")
_SCALARS = ("integer", "number", "boolean")
_EXAMPLES: dict[str, list[Any]] = {
    "description": ["SmolLM2-135M-Instruct as a question answerer"],
    "source": [dict(kind.example) for kind in all_kinds().values() if kind.example],
    "prompt_template": ["Answer the following question: {prompt}"],
    "model_config": [{"do_sample": False}],
    "params": [{"max_new_tokens": 32, "temperature": {"type": "double", "default": 0.7}}],
    "max_shard_size": ["2GB"],
}


def recipe_schema() -> Schema:
    """Give the schema of a recipe file as it is written.

    What it says is what validation says of one file alone: fields, types, choices, what is
    required. References (``${task}``) and values left open (``???``) may stand for any plain value;
    a file with a defaults list may leave to others what is required.
    """
    schema: Schema = Recipe.model_json_schema(by_alias=True)
    for model in (*_models(Recipe), Own):
        _describe(schema if model is Recipe else schema["$defs"][model.__name__], model)
    for node in (schema, *schema["$defs"].values()):
        _tidy(node)
    schema["properties"]["task"] |= {"anyOf": _tasks()}
    schema["properties"]["task"].pop("type")
    whole = _required_alone(schema)
    for name, examples in _EXAMPLES.items():
        schema["properties"][name]["examples"] = examples
    schema["properties"]["defaults"] = {
        "description": "Recipes that this one extends, a Hydra defaults list; `_self_` is itself.",
        "type": "array",
        "items": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "examples": [["/recipe/text-generation/scratch", "_self_"]],
    }
    schema["$defs"][_REFERENCE] = {
        "description": "Another value of the recipe, or one left open for whoever extends it.",
        "type": "string",
        "pattern": r"^(\?\?\?|\$\{\.*[A-Za-z]\w*(\.\w+)*\})$",
    }
    return {
        "$schema": DIALECT,
        "title": "Recipe",
        "description": summary_of(Recipe),
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
        "if": {"required": ["defaults"]},
        "else": whole,
    }


def sweep_schema() -> Schema:
    """Give the schema of a sweep file as it is written."""
    schema: Schema = Sweep.model_json_schema(by_alias=True)
    _describe(schema, Sweep)
    for block in (Launcher, Search):
        _describe(schema["$defs"][block.__name__], block)
    for node in (schema, *schema["$defs"].values()):
        _untitle(node)
    values = {"description": "The values, or Hydra's range(…) or choice(…).", "anyOf": [
        {"type": "array", "minItems": 1}, {"type": "string", "pattern": r"[(,]"},
    ]}  # fmt: skip
    schema["properties"]["over"]["additionalProperties"] = values
    return {"$schema": DIALECT, "title": "Sweep", **schema}


def _untitle(node: Any) -> None:
    """Leave out generated titles."""
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        _untitle(inner)
    if isinstance(node, dict) and isinstance(node.get("title"), str):
        node.pop("title")


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Give every model of the language, each once."""
    from runner.recipe.language.schema import fields, models

    seen: dict[type[BaseModel], None] = {}
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen[one] = None
        for annotation in fields(one).values():
            waiting += _inside(annotation, models)
    return iter(seen)


def _inside(annotation: Any, models: Any) -> list[type[BaseModel]]:
    from typing import get_args

    found = list(models(annotation))
    for part in get_args(annotation):
        found += _inside(part, models)
    return found


def _required_alone(schema: Schema) -> Schema:
    """Take out what is required, for a recipe that extends no other; one that does may lack it."""
    definitions: Schema = schema["$defs"]
    kinds = [
        {"properties": {"kind": definition["properties"]["kind"]}, "required": required}
        for name, definition in definitions.items()
        if name.endswith("Source") and (required := definition.pop("required"))
    ]
    definitions["WholeSource"] = {"anyOf": [*kinds, {"type": "null"}]}
    definitions["Param"].pop("required")
    source = {"$ref": "#/$defs/WholeSource"}
    parts = {name: source for name in definitions["Components"]["properties"]}
    param = {"if": {"type": "object"}, "then": {"required": ["default"]}}
    return {
        "required": schema.pop("required"),
        "properties": {
            "source": source,
            "adapter": source,
            "components": {"properties": parts},
            "params": {"additionalProperties": param},
        },
    }


def _describe(schema: Schema, model: type[BaseModel]) -> None:
    meanings = meanings_of(model)
    schema["description"] = summary_of(model)
    for name, field in model.model_fields.items():
        if name in meanings:
            schema["properties"][field.alias or name]["description"] = meanings[name]


def _tidy(node: Any, name: str = "") -> None:
    """Leave out generated titles, and let a reference stand where text is not free."""
    if isinstance(node, list):
        for item in node:
            _tidy(item, name)
    if not isinstance(node, dict):
        return
    node.pop("title", None) if isinstance(node.get("title"), str) else None
    if node.pop("discriminator", None):  # of a block that is written in part, the kind is elsewhere
        node["anyOf"] = node.pop("oneOf")
    for key, value in list(node.items()):
        if key == "properties":
            for field, inner in value.items():
                _tidy(inner, field)
        elif key not in ("default", "examples", "enum", "const"):
            _tidy(value, name)
    if name not in _FREE_TEXT and (node.get("type") in _SCALARS or "enum" in node):
        kept = {key: node.pop(key) for key in list(node) if key not in ("description", "default")}
        node["anyOf"] = [kept, {"$ref": f"#/$defs/{_REFERENCE}"}]


def _tasks() -> list[Schema]:
    variants = [f"({task.variants})" for task in all_tasks().values() if task.variants]
    return [
        {"enum": sorted(all_tasks())},
        {"type": "string", "pattern": f"^({'|'.join(variants)})$"},
        {"$ref": f"#/$defs/{_REFERENCE}"},
    ]
