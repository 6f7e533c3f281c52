"""``show``: a recipe as it would run, with the origin of every value."""

import json
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from runner.cli.options import add_config_dir, add_output, add_overrides
from runner.errors import Exit
from runner.findings import Loc
from runner.recipe.composing.composed import Composed

SUMMARY = "show a recipe as it would run, with the origin of every value, or a sweep's points"

EPILOG = """\
example:
  python -m runner show +recipe=text-generation/scratch dtype=bfloat16

  description: a tiny random GPT-2, for rehearsals and tests  # recipes/text-generation/scratch.y…
  …
  dtype: bfloat16                                             # command line
"""

_WIDEST = 60


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_overrides(parser)
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Compose, and print the values as YAML that can be run again."""
    from runner.cli.asking import with_recipe
    from runner.cli.documents import write_answer
    from runner.recipe.compose import compose
    from runner.recipe.sweeping.files import SWEEP

    if any(word.startswith(f"+{SWEEP}=") for word in args.overrides):
        from runner.cli.swept import show_sweep

        write_answer(args, *show_sweep(args))
        return Exit.DONE
    composed = compose(with_recipe(args.overrides, args.config_dir), args.config_dir)
    if args.output == "text":
        sys.stderr.writelines(f"{warning}\n" for warning in composed.warnings)
    write_answer(args, _document(composed), _text(composed))
    return Exit.DONE


def _text(composed: Composed) -> Iterator[str]:
    lines = list(_lines(composed.values, (), composed))
    width = min(max((len(text) for text, _ in lines), default=0), _WIDEST)
    for text, origin in lines:
        yield f"{text:<{width}}  # {origin}" if origin else text
    yield from (f"# {line}" for line in _settings(composed))


def _document(composed: Composed) -> dict[str, Any]:
    origins = composed.origins
    return {
        "name": composed.name,
        "digest": composed.digest,
        "recipe": composed.values,
        "settings": composed.settings.model_dump(),
        "origins": {".".join(map(str, loc)): str(origins[loc].place) for loc in origins if loc},
        "warnings": [str(warning) for warning in composed.warnings],
    }


def _lines(value: dict[str, Any], loc: Loc, composed: Composed) -> Iterator[tuple[str, str]]:
    """Give the lines of a mapping, each with the origin of its value."""
    indent = "  " * len(loc)
    for key, item in value.items():
        here, name = (*loc, key), _scalar(key)
        origin = str(composed.origin(here).place)
        if isinstance(item, dict) and item:
            yield f"{indent}{name}:", ""
            yield from _lines(item, here, composed)
        elif isinstance(item, list) and item and here in composed.origins:
            yield f"{indent}{name}:", ""
            for index, element in enumerate(item):
                place = str(composed.origin((*here, index)).place)
                yield f"{indent}  - {_scalar(element)}", place
        else:
            yield f"{indent}{name}: {_scalar(item)}", origin


def _settings(composed: Composed) -> Iterator[str]:
    settings = composed.settings
    values = {("out",): settings.out, ("device",): settings.device}
    for loc, value in {**values, ("tracking", "uri"): settings.tracking.uri}.items():
        yield f"{'.'.join(loc)}={_scalar(value)}  from {composed.origin(loc).place}"


def _scalar(value: Any) -> str:
    """Write a value on one line, quoted wherever a reader of YAML could take it for another."""
    if isinstance(value, float) and value != value or value in (float("inf"), float("-inf")):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[str(value)]
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    words = re.fullmatch(r"[A-Za-z][\w./+-]*(,? [\w./+-]+)*", text)
    return words is not None and text.lower() not in (
        "true", "false", "null", "yes", "no", "on", "off", "y", "n",
    )  # fmt: skip
