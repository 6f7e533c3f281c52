"""The command line's overrides: parsed with Hydra's own grammar, and expanded for sweeps."""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

from hydra.errors import HydraException

from runner.findings import Finding, Place, RecipeError
from runner.recipe.reading.shelf import open_shelf
from runner.upstream.hydra_api import (
    Override,
    enumerated,
    is_plain_choice,
    parse_override,
    pattern_of,
)

COMMAND_LINE = Place("command line")
_NOT_PLAIN = "'\"[]{}()\\"
MOST_POINTS = 10_000
_FIELD = re.compile(r"[+~]{0,2}\w[\w$-]*([./:@]\w[\w$-]*)*")
_STUMBLED = re.compile(r"LexerNoViableAltException\((.+)\)")
_ITEM = re.compile(r"([+~\w.]+)\[(\d+)\]")


def key_of(text: str) -> str:
    """Give the key of an override as typed: what it changes, chooses or takes out.

    Args:
        text: ``key=value``, ``+key=value`` or ``~key``.
    """
    return text.partition("=")[0].strip().lstrip("+~")


def parse(overrides: Sequence[str]) -> tuple[list[Override], list[Finding]]:
    """Parse overrides.

    Args:
        overrides: ``key=value`` as typed.

    Returns:
        Those that can be read, and a finding for each of the others.
    """
    parsed: list[Override] = []
    findings: list[Finding] = []
    for text in overrides:
        try:
            override = parse_override(text)
        except HydraException as error:
            findings.append(_unreadable(text, error))
            continue
        if override.key_or_group:
            parsed.append(override)
        else:
            findings.append(_nameless(text))
    return parsed, findings


def _unreadable(text: str, error: HydraException) -> Finding:
    if "=" not in text:
        message = f"`{text}` is not an override."
        return Finding("bad-override", message, "Write key=value.", place=COMMAND_LINE)
    if item := _ITEM.match(text):
        message = f"`{text}`: an item of a list is named by a dot and its number."
        remedy = f"Write {item[1]}.{item[2]}=…, counted from 0."
        return Finding("bad-override", message, remedy, place=COMMAND_LINE)
    key = text.split("=", 1)[0]
    if not _FIELD.fullmatch(key):
        return _nameless(text)
    remedy = f"Quote a value with special characters: '{key}=\"…\"'."
    message = f"`{text}` cannot be read: {_why(error)}."
    return Finding("bad-override", message, remedy, place=COMMAND_LINE)


def _why(error: HydraException) -> str:
    """Give what Hydra's parser says, or what the names of its errors mean."""
    said = str(error.__cause__ or error).split("\n", 1)[0].removesuffix("None")
    if stumbled := _STUMBLED.fullmatch(said):
        return f"{stumbled[1]} is a special character"
    return said or "it breaks off"


def _nameless(text: str) -> Finding:
    message = f"`{text}`: what stands before the `=` is no name of a field."
    remedy = "Write names with dots between them, and items of a list counted from 0."
    return Finding("bad-override", message, remedy, place=COMMAND_LINE)


def expand(overrides: Sequence[str], config_dirs: Sequence[Path] = ()) -> list[tuple[str, ...]]:
    """Give every combination of a sweep's values.

    Args:
        overrides: Overrides, some with several values: ``dtype=float32,bfloat16``,
            ``params.seed=range(0,3)``, ``params.top_k=choice(1,5)``, ``+recipe=glob(text-*)``.
        config_dirs: Folders of recipes the user named, for ``glob``.

    Returns:
        The overrides of each point; the last override varies fastest.

    Raises:
        RecipeError: Overrides cannot be read or cannot be counted out.
    """
    parsed, findings = parse(overrides)
    axes: list[list[str]] = []
    points = 1
    for override in parsed:
        try:
            axes.append(_axis(override, config_dirs))
        except HydraException as error:
            message = f"`{override.input_line}` cannot be swept: {str(error).splitlines()[0]}."
            findings.append(Finding("bad-sweep", message, place=COMMAND_LINE))
            continue
        points *= len(axes[-1])
        if not axes[-1]:
            message = f"`{override.input_line}` stands for no value at all."
            findings.append(Finding("bad-sweep", message, place=COMMAND_LINE))
    if points > MOST_POINTS:
        message = f"The sweep has more than {MOST_POINTS} points, which are the most."
        findings.append(Finding("bad-sweep", message, place=COMMAND_LINE))
    if findings:
        raise RecipeError(findings)
    return list(product(*axes))


def _axis(override: Override, config_dirs: Sequence[Path]) -> list[str]:
    text = override.input_line or ""
    if not override.is_sweep_override():
        return [text]
    key = text.split("=", 1)[0].strip()
    return [f"{key}={value}" for value in _values(override, config_dirs)]


def _values(override: Override, config_dirs: Sequence[Path]) -> Iterable[str]:
    written = override.get_value_string()
    plain = not any(character in written for character in _NOT_PLAIN)
    if is_plain_choice(override) and plain:
        return [value.strip() for value in written.split(",")]
    if pattern := pattern_of(override):
        shelf = open_shelf(config_dirs)
        group = tuple(override.key_or_group.split("/"))
        names = shelf.names() if group == ("recipe",) else shelf.choices(group)
        return pattern.filter(names)
    return enumerated(override, MOST_POINTS)
