"""Signatures compared: what callers give, what they get, and the params they may set."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.recipe.language.models import Recipe
from runner.recipe.language.params import Param
from runner.recipe.language.signature import ExplicitSignature
from runner.review.rules import ABSENT, Change
from runner.tasks import Column, Tensor

_WIDER: Mapping[str, tuple[str, ...]] = {
    "integer": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
}
"""What MLflow converts for params. Source: ``mlflow.models.utils._enforce_param_datatype``."""
_WIDER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "integer": ("long", "double"),
    "float": ("double",),
}
"""For columns. Source: ``mlflow.models.utils._enforce_mlflow_datatype``."""


@dataclass(frozen=True)
class Slot:
    """One input or output.

    Args:
        name: Its name; empty for one that goes without.
        type: Its type in words: ``string``, ``array of string``, ``tensor float32 [-1]``.
        required: Whether callers must give it.
    """

    name: str
    type: str
    required: bool

    def __str__(self) -> str:
        """Give the type, and whether it may be left out."""
        return self.type if self.required else f"{self.type}, optional"


@dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a model."""

    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]


def predicted(recipe: Recipe) -> Signature | None:
    """Give the signature that a model of a recipe will have, without making it.

    Args:
        recipe: The recipe.

    Returns:
        The task's own or the explicit one; None where only running the model tells.
    """
    if recipe.signature == "infer":
        return None
    contract, given = recipe.contract, recipe.signature
    inputs, outputs = _of_task(contract.inputs), _of_task(contract.outputs)
    if isinstance(given, ExplicitSignature):
        inputs = [spec.to_mlflow() for spec in given.inputs]
        outputs = [spec.to_mlflow() for spec in given.outputs or ()] or outputs
    return read_signature({"inputs": inputs, "outputs": outputs})


def read_signature(sides: Mapping[str, Any]) -> Signature:
    """Read a signature as MLflow writes it.

    Args:
        sides: ``inputs`` and ``outputs``, each a list of columns or its JSON.
    """
    inputs, outputs = (tuple(_slot(given) for given in _listed(sides.get(k))) for k in _SIDES)
    return Signature(inputs, outputs)


_SIDES = ("inputs", "outputs")


def _listed(side: Any) -> list[Any]:
    given = json.loads(side) if isinstance(side, str) else side
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _of_task(entries: Sequence[Column | Tensor]) -> list[dict[str, Any]]:
    return [_of_entry(entry) for entry in entries]


def _of_entry(entry: Column | Tensor) -> dict[str, Any]:
    if isinstance(entry, Tensor):
        shape = {"dtype": entry.dtype, "shape": list(entry.shape)}
        return {"type": "tensor", "tensor-spec": shape, "name": entry.name}
    kind: dict[str, Any] = {"type": "any" if entry.type == "object" else entry.type}
    kind = {"type": "array", "items": kind} if entry.many else kind
    return {**kind, "name": entry.name, "required": entry.required}


def _slot(given: Mapping[str, Any]) -> Slot:
    return Slot(str(given.get("name") or ""), _type(given), bool(given.get("required", True)))


def _type(given: Any) -> str:
    if not isinstance(given, Mapping):
        return str(given)
    match given.get("type"):
        case "tensor":
            spec = given.get("tensor-spec") or {}
            return f"tensor {spec.get('dtype')} {spec.get('shape')}"
        case "array":
            return f"array of {_type(given.get('items'))}"
        case "map":
            return f"map to {_type(given.get('values'))}"
        case "object":
            parts: Any = given.get("properties") or {}
            inside = (
                f"{name}{'' if part.get('required', True) else '?'}: {_type(part)}"
                for name, part in sorted(parts.items())
            )
            return f"object {{{', '.join(inside)}}}"
        case kind:
            return str(kind)


def compare_signatures(before: Signature, after: Signature) -> Iterator[Change]:
    """Compare what callers give and get.

    Args:
        before: The signature before.
        after: The signature after.
    """
    yield from _side("inputs", before.inputs, after.inputs, _input_rule)
    yield from _side("outputs", before.outputs, after.outputs, _output_rule)


def _side(
    side: str,
    before: Sequence[Slot],
    after: Sequence[Slot],
    rule_of: Callable[[Slot | None, Slot | None], str],
) -> Iterator[Change]:
    old, new = {s.name: s for s in before}, {s.name: s for s in after}
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        if was != now:
            field = f"signature.{side}" + (f".{name}" if name else "")
            yield Change(rule_of(was, now), field, _shown(was), _shown(now))
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        was_so, is_so = (", ".join(s.name for s in slots) for slots in (before, after))
        yield Change("columns-reordered", f"signature.{side}", was_so, is_so)


def _shown(slot: Slot | None) -> Any:
    return ABSENT if slot is None else str(slot)


def _input_rule(was: Slot | None, now: Slot | None) -> str:
    if now is None:
        return "input-removed"
    if was is None:
        return "input-required" if now.required else "input-optional"
    wider = (*_WIDER_COLUMNS.get(was.type, ()), "any")
    if was.type != now.type and (now.type not in wider or was.type.startswith("tensor")):
        return "input-retyped"
    if now.required and not was.required:
        return "input-required"
    return "input-widened" if was.type != now.type else "input-optional"


def _output_rule(was: Slot | None, now: Slot | None) -> str:
    if was is None:
        return "output-added"
    return "output-removed" if now is None else "output-retyped"


def compare_params(before: Recipe, after: Recipe) -> Iterator[Change]:
    """Compare the params that callers may set.

    Args:
        before: The recipe before.
        after: The recipe after.
    """
    for name in dict.fromkeys([*before.params, *after.params]):
        was, now = before.params.get(name), after.params.get(name)
        field = f"params.{name}"
        if was is None and now is not None:
            offered = same(effective(before, name), effective(after, name))
            rule = "param-offered" if offered else "param-added"
            yield Change(rule, field, ABSENT, _described(now))
        elif was is not None and now is None:
            yield Change("param-removed", field, _described(was), ABSENT)
        elif was is not None and now is not None:
            yield from _param(field, was, now)


def _param(field: str, was: Param, now: Param) -> Iterator[Change]:
    old, new = _param_type(was), _param_type(now)
    if old != new:
        widened = was.shape == now.shape and now.type in _WIDER.get(was.type, ())
        yield Change("param-widened" if widened else "param-retyped", field, old, new)
    if not same(_default(was), _default(now)):
        yield Change("param-default", field, was.default, now.default)


def _default(param: Param) -> Any:
    """Give the default so that it can be compared: 1.0 is 1, whose type is another matter."""
    given = param.default
    return [_number(one) for one in given] if isinstance(given, list) else _number(given)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _param_type(param: Param) -> str:
    if param.properties is not None:
        parts = {name: spec.to_mlflow() for name, spec in param.properties.items()}
        return _type({"type": "object", "properties": parts})
    return f"list of {param.type}" if param.shape else param.type


def _described(param: Param) -> dict[str, Any]:
    return {"type": _param_type(param), "default": param.default}


def effective(recipe: Recipe, name: str) -> Any:
    """Give the value an inference argument has where callers say nothing; None for none.

    Args:
        recipe: The recipe.
        name: The argument's name.

    Source: docs/inference-arguments.md: a param's default beats ``model_config``.
    """
    if name in recipe.params:
        return _default(recipe.params[name])
    return _number(recipe.inference_config.get(name))


def same(one: Any, other: Any) -> bool:
    """Tell whether two plain values are the same, where true is not 1, and 1 is not 1.0."""
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """Give a text that is the same for the same plain values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
