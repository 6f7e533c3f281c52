"""References: ``${task}`` or ``${source.repo}`` stands for another value of the same recipe."""

import re
from typing import Any

from runner.findings import Finding, Loc
from runner.recipe.reading.literal_text import is_literal, map_texts

_REFERENCE = re.compile(r"\$\{(\.*)([A-Za-z]\w*(?:\.\w+)*)\}")
_OPENING = re.compile(r"\\?\$\{")
_LONGEST = 1000
_SHOWN = 80
_MOST = 2**20
"""Characters that all references of a recipe may put in its place together."""
_REMEDY = "Refer to one plain value of the recipe by its path from the root, or write it out."


def only_references(text: str) -> bool:
    """Tell whether every ``${`` in a text opens a plain reference: no resolver, no nesting.

    Args:
        text: The text.
    """
    return all(
        (reference := _REFERENCE.match(text, opening.start()))
        and reference[2].split(".")[0] != "hydra"
        for opening in _OPENING.finditer(text)
    )


def resolve(values: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Put the referred values in the place of references, as OmegaConf does.

    Args:
        values: Composed values of a recipe.

    Returns:
        The values without references, and a finding for each reference that cannot be followed.
        A reference may not lead to a mapping, a list, or a value with references of its own, and
        all of them together not to more than a megabyte: so a few lines cannot blow up.
    """
    findings: list[Finding] = []
    put = 0

    def replace(loc: Loc, text: str) -> Any:
        nonlocal put
        if is_literal(loc) or "${" not in text or not only_references(text):
            return text
        whole = _REFERENCE.fullmatch(text)
        parts = [whole] if whole else list(_REFERENCE.finditer(text))
        targets = [_target(values, loc, part) for part in parts]
        wrong = [why for _, why in targets if why]
        fitted = put <= _MOST
        put += sum(len(str(value)) for value, _ in targets)
        if put > _MOST:
            if not fitted:
                return None
            wrong.append(f"makes the references of the recipe longer than {_MOST} characters")
        if wrong:
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            findings.append(Finding("interpolation", f"`{shown}` {wrong[0]}.", _REMEDY, loc))
            return None
        if whole:
            return targets[0][0]
        replacements = iter(targets)
        return _REFERENCE.sub(lambda _: str(next(replacements)[0]), text)

    return map_texts(values, replace), findings


def _target(values: dict[str, Any], loc: Loc, reference: re.Match[str]) -> tuple[Any, str]:
    up, path = len(reference[1]), reference[2]
    if up > len(loc):
        return None, "leads out of the recipe"
    target_loc: Loc = loc[: len(loc) - up] if up else ()
    value: Any = _inside(values, target_loc)
    for key in path.split("."):
        index: str | int = int(key) if isinstance(value, list) and key.isdigit() else key
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and isinstance(index, int) and index < len(value):
            value = value[index]
        else:
            return None, "refers to a value that the recipe does not give"
        target_loc = (*target_loc, index)
    if isinstance(value, dict | list):
        return None, "refers to more than one value"
    if isinstance(value, str) and not is_literal(target_loc) and "${" in value:
        return None, "refers to a reference"
    if isinstance(value, str) and len(value) > _LONGEST:
        return None, f"refers to a text of more than {_LONGEST} characters"
    return value, ""


def _inside(values: Any, loc: Loc) -> Any:
    for key in loc:
        values = values[key]
    return values
