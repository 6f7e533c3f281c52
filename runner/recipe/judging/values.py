"""Values of free mappings, against what the argument of that name takes."""

from collections.abc import Iterator, Mapping

from runner.findings import Finding, Loc
from runner.recipe.language.params import Param, ParamType
from runner.tasks.arguments import Argument, Kind
from runner.tasks.base import JSON
from runner.text.wording import described

_SAMPLES: Mapping[ParamType, JSON] = {
    "string": "",
    "datetime": "",
    "boolean": False,
    "integer": 0,
    "long": 0,
    "float": 0.5,
    "double": 0.5,
    "object": {},
}
"""A value of each type that a param may have."""
_TYPES: Mapping[Kind, ParamType] = {
    "boolean": "boolean",
    "integer": "long",
    "number": "double",
    "text": "string",
}


def judged(argument: Argument, value: JSON, loc: Loc) -> Iterator[Finding]:
    """Find a value that an argument does not take.

    Args:
        argument: What it takes.
        value: The value.
        loc: Where it is in the recipe.
    """
    name = ".".join(map(str, loc))
    if value is None and not argument.null:
        message = f"`{name}` is empty; it takes {argument.wanted}."
        yield Finding("wrong-argument-type", message, argument.meant(None), loc)
    elif not argument.takes(value):
        message = f"`{name}` takes {argument.wanted}, not {described(value)}."
        yield Finding("wrong-argument-type", message, argument.meant(value), loc)
    elif not argument.allows(value):
        message = f"`{name}` takes {argument.wanted}, not {described(value)}."
        yield Finding("argument-out-of-range", message, argument.meant(value), loc)


def param_judged(argument: Argument, param: Param, loc: Loc) -> Iterator[Finding]:
    """Find a param whose default, or whose type, its argument does not take.

    Args:
        argument: What it takes.
        param: The param; a default of null leaves the argument out until a caller gives it.
        loc: Where it is in the recipe.
    """
    found = [] if param.default is None else list(judged(argument, param.default, loc))
    yield from found
    is_list = bool(param.shape)  # which has a default, so that has been judged
    if not (found or is_list or argument.takes(_SAMPLES[param.type])):
        name = ".".join(map(str, loc))
        message = f"`{name}` is of type {param.type}, and takes {argument.wanted}."
        fitting = [_TYPES[kind] for kind in argument.kinds if kind in _TYPES]
        remedy = f"Write `type: {fitting[0]}`." if fitting else ""
        yield Finding("wrong-argument-type", message, remedy, (*loc, "type"))
