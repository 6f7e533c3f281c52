"""Misspelt keys and values: the word that was meant is suggested."""

import random
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from runner.recipe.composing.layers import Part, layer
from runner.recipe.judging.validation import validate
from runner.recipe.language.evaluation import Evaluation, Expectation
from runner.recipe.language.models import (
    Components,
    Load,
    Recipe,
    Tracking,
)
from runner.recipe.language.params import Param
from runner.recipe.language.requirements import Requirements
from runner.recipe.language.schema import fields
from runner.recipe.language.signature import ExplicitSignature, Spec
from runner.recipe.reading.strict_yaml import parse
from runner.sources import all_kinds
from runner.tasks import all_tasks

Loc = tuple[str | int, ...]
BLOCKS: dict[Loc, type[Any]] = {
    (): Recipe,
    ("components",): Components,
    ("load",): Load,
    ("evaluation",): Evaluation,
    ("evaluation", "expect", 0): Expectation,
    ("tracking",): Tracking,
    ("requirements",): Requirements,
    ("params", "n"): Param,
    ("signature",): ExplicitSignature,
    ("signature", "inputs", 0): Spec,
}
VALUES: dict[Loc, list[str]] = {
    ("task",): list(all_tasks()),
    ("dtype",): list(get_args(Recipe.model_fields["dtype"].annotation)),
    ("save_as",): ["pipeline", "components"],
    ("pyfunc",): ["extended", "mlflow"],
    ("evaluation", "views", 0): ["native", "pyfunc", "server", "source"],
    ("source", "kind"): list(all_kinds()),
}
EACH_ONE, EACH_TWO = 40, 20
Case = tuple[Loc, str, bool]


def cases() -> Iterator[Case]:
    """Give every known word, where it stands, and whether it is a key."""
    for loc, model in BLOCKS.items():
        yield from ((loc, name, True) for name in fields(model))
    for kind, model in all_kinds().items():
        yield from ((("source", kind), name, True) for name in fields(model) if name != "kind")
    for loc, words in VALUES.items():
        yield from ((loc, word, False) for word in words)


def edited(word: str, chance: random.Random) -> str:
    """Make one mistake: leave out, put in, replace, or swap two neighbours."""
    at = chance.randrange(len(word))
    letter = chance.choice(string.ascii_lowercase)
    match chance.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + letter + word[at:]
        case 2:
            return word[:at] + letter + word[at + 1 :]
        case _:
            return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


def written(case: Case, wrong: str) -> tuple[dict[str, Any], Loc]:
    """Give a recipe with a word misspelt, and where the finding belongs."""
    loc, _, is_key = case
    recipe: dict[str, Any] = {
        "task": "text-generation",
        "source": {"kind": "scratch", "architecture": "gpt2"},
    }
    if is_key and loc[:1] == ("source",):
        recipe["source"] = {"kind": loc[1], wrong: "x"}
        return recipe, ("source", wrong)
    place = (*loc, wrong) if is_key else loc
    around: Any = recipe
    for here, after in zip(place[:-1], place[1:], strict=True):
        empty: Any = [] if isinstance(after, int) else {}
        if isinstance(around, list):
            around.append(empty)
            around = around[-1]
        else:
            around = around.setdefault(here, empty)
    if isinstance(around, list):
        around.append(wrong)
    else:
        around[place[-1]] = "x" if is_key else wrong
    return recipe, place


def suggested(case: Case, wrong: str) -> list[str]:
    """Validate the recipe, and give what is suggested for the word."""
    values, place = written(case, wrong)
    text = yaml.safe_dump(values, sort_keys=False)
    document = parse(text, Path("case.yaml").absolute(), "case.yaml")
    _, findings = validate(layer([Part(document)]), document.findings)
    here = [f for f in findings if f.loc == place and f.code.startswith("unknown-")]
    said = [f.remedy for f in here if f.remedy.startswith("Did you mean ")]
    return re.findall(r"`([^`]+)`", said[0]) if said else []


def share(edits: int, each: int) -> tuple[float, list[tuple[Case, str, list[str]]]]:
    """Misspell every word, and give the share of those that get the right suggestion."""
    chance = random.Random(edits)
    everything = list(cases())
    known = {
        (loc, key): {w for at, w, is_key in everything if (at, is_key) == (loc, key)}
        for loc, _, key in everything
    }
    missed, count = [], 0
    for case in everything:
        loc, word, is_key = case
        for _ in range(each):
            wrong = word
            for _ in range(edits):
                wrong = edited(wrong, chance)
            if wrong in known[loc, is_key] or not wrong or yaml.safe_load(wrong) != wrong:
                continue
            count += 1
            found = suggested(case, wrong)
            if word not in found:
                missed.append((case, wrong, found))
    return 1 - len(missed) / count, missed


@pytest.mark.parametrize(("edits", "each", "least"), [(1, EACH_ONE, 1.0), (2, EACH_TWO, 0.9)])
def test_a_misspelt_word_is_recognised(
    edits: int, each: int, least: float, record_property: Callable[[str, object], None]
) -> None:
    found, missed = share(edits, each)
    record_property("share", found)
    assert found >= least, missed[:20]
