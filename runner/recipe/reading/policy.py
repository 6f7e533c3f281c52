"""What a recipe may not say: a recipe is data, so nothing in it may run or reach outside it."""

import re
from collections.abc import Iterator
from typing import Any

from runner.findings import Finding, Loc
from runner.recipe.reading.literal_text import is_literal
from runner.recipe.reading.references import only_references
from runner.recipe.reading.strict_yaml import Document

_INSTANTIATE_KEY = re.compile(r"_[a-z]\w*_")
_HEADER = re.compile(r"#\s*@")
_RUN_SETTINGS: dict[Loc, str] = {
    ("out",): "out=DIR",
    ("device",): "device=auto|cpu|cuda:0",
    ("allow_code",): "allow_code=true",
    ("tracking", "uri"): "tracking.uri=URI|null",
    ("signing",): "signing.key=FILE",
    ("policy",): "policy.licenses.deny=[LICENCE,…]",
}


def forbidden(document: Document, at: Loc = ()) -> Iterator[Finding]:
    """Find what a file says that no recipe may.

    Args:
        document: A file as read.
        at: The path of the block that it is; a recipe where empty.

    Yields:
        Findings with their places.
    """
    values: Any = {key: item for key, item in document.values.items() if key != "defaults"}
    for key in reversed(at):
        values = {key: values}
    for finding in (*_header(document), *forbidden_values(values)):
        yield finding.at(document.places.get(finding.loc[len(at) :], document.places[()]))


def forbidden_values(values: dict[str, Any]) -> Iterator[Finding]:
    """Find what no recipe may say among values, wherever they were written.

    Args:
        values: Values by their path from the root of the recipe.

    Yields:
        Findings without their places.
    """
    yield from _settings(values)
    yield from _walk(values, ())


def _header(document: Document) -> Iterator[Finding]:
    for line in document.header:
        if _HEADER.match(line):
            message = f"A recipe takes no Hydra header (`{line}`)."
            yield Finding("forbidden-key", message, "Leave the line out.")


def _settings(values: dict[str, Any]) -> Iterator[Finding]:
    if "hydra" in values:
        message = "`hydra` configures the program, not a model."
        yield Finding("forbidden-key", message, "Leave it out.", ("hydra",))
    for loc, instead in _RUN_SETTINGS.items():
        block: Any = values if len(loc) == 1 else values.get(str(loc[0]))
        if isinstance(block, dict) and loc[-1] in block:
            message = f"`{'.'.join(map(str, loc))}` belongs to the run, not to the recipe."
            yield Finding("forbidden-key", message, f"Give it on the command line: {instead}.", loc)


def _walk(value: Any, loc: Loc) -> Iterator[Finding]:
    match value:
        case dict():
            for key, item in value.items():
                if (*loc, key) == ("hydra",):
                    continue
                if _INSTANTIATE_KEY.fullmatch(key):
                    message = f"`{key}` would name code to run; a recipe is data."
                    yield Finding("forbidden-key", message, "Leave it out.", (*loc, key))
                yield from _walk(item, (*loc, key))
        case list():
            for index, item in enumerate(value):
                yield from _walk(item, (*loc, index))
        case str() if not is_literal(loc) and not only_references(value):
            message = (
                f"`{value}` is not taken here: `${{` may only refer to another field of the "
                "recipe, as in `${task}` or `${source.repo}`."
            )
            yield Finding("interpolation", message, "Write the value itself.", loc)
        case _:
            pass
