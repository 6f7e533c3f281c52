"""Each structure of a checkpoint: its answers are transformers' own, or it is refused."""

import re
from collections import Counter
from pathlib import Path

import pytest
from peft import PEFT_TYPE_TO_TUNER_MAPPING

from tests.adapters import CONFIGS, VARIANTS
from tests.conftest import REPOSITORY
from tests.pages import hold_tables, table
from tests.structures import (
    adapted,
    damaged,
    forms,
    impossible,
    media,
    other_version,
    plain,
    quantised,
)
from tests.structures.judged import EQUAL, REFUSED, judge
from tests.structures.structure import KEPT, Structure

PAGE = REPOSITORY / "docs" / "checkpoints.md"
PARTS = (plain, forms, media, adapted, quantised, other_version, impossible, damaged)
STRUCTURES = [structure for part in PARTS for structure in part.structures()]
FOUND: dict[str, tuple[str, str]] = {}
SERVED = {
    (one.task, one.adapter.rpartition(", ")[2], one.quantisation): one.name
    for one in reversed(STRUCTURES)
}.values()
"""Names of those that are asked over HTTP too: the first of each task, adapter and method."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_the_answers_are_those_of_the_source_or_it_is_refused(
    structure: Structure, workspace: Path
) -> None:
    verdict, why = judge(structure, workspace, served=structure.name in SERVED)
    assert verdict == (REFUSED if structure.refused else EQUAL), why
    assert structure.refused in why
    FOUND[structure.name] = verdict, _without_folders(why, workspace)


def test_the_page_says_what_was_found() -> None:
    if len(FOUND) < len(STRUCTURES):
        pytest.skip("only a part of the structures was tried")
    if other := quantised.loadable() ^ quantised.PAGE_HAS:
        pytest.skip(f"the page is of a machine that differs in {', '.join(sorted(other))}")
    counts = Counter(verdict for verdict, _ in FOUND.values())
    rows = [(*_cells(structure), *FOUND[structure.name]) for structure in STRUCTURES]
    header = ("architecture", "task", "form", "adapter", "quantised", "verdict", "said")
    total = f"{len(rows)} structures: {counts[EQUAL]} equal, {counts[REFUSED]} refused.\n"
    hold_tables(PAGE, {"count": total, "structures": table(header, rows)})


def test_there_are_enough_and_each_is_another() -> None:
    names = [structure.name for structure in STRUCTURES]
    assert len(names) >= 80
    assert len(set(names)) == len(names)


def test_every_type_of_adapter_is_among_them() -> None:
    tried = {make().peft_type.value for make in (*VARIANTS.values(), *CONFIGS.values())}
    assert {*PEFT_TYPE_TO_TUNER_MAPPING} - tried == {"XLORA"}, "it has adapters of its own"


def _without_folders(text: str, workspace: Path) -> str:
    """Leave out where things happen to lie."""
    kept = re.escape(str(KEPT))
    text = re.sub(rf"{kept}/\w+|{re.escape(str(workspace))}", "…", text)
    return re.sub(r"/out/\.work-\w+", "", text)


def _cells(structure: Structure) -> tuple[str, ...]:
    return (
        structure.architecture, structure.task, structure.layout, structure.adapter,
        structure.quantisation,
    )  # fmt: skip
