"""Hostile inputs of every kind, some in every run of the tests; ``make hostile`` has thousands."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests import forked
from tests.conftest import REPOSITORY
from tests.hostile.cases import KINDS
from tests.hostile.requesting import NAME

ALL = {*(kind.name for kind in KINDS), NAME}
MOST_MEMORY = 2**29
"""Bytes that memory may grow by for a kind; a header of 100 MB, which is allowed, takes most."""
_SOME = """
import json
from pathlib import Path
from tests.hostile.__main__ import counted

rows = [*counted(40, lambda kind: True)]
Path("rows.json").write_text(json.dumps(rows))
"""


@pytest.mark.slow  # it packages a model first
def test_a_few_of_every_kind_are_refused_or_read_and_do_nothing(workspace: Path) -> None:
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    offline = {**elsewhere, "HF_HUB_OFFLINE": "1"}  # whatever hub other tests have left
    done = forked.start(_SOME, workspace, path=[str(REPOSITORY)], environment=offline).end()
    assert done.code == 0, done.stderr[-3000:]
    rows = json.loads((workspace / "rows.json").read_text())
    assert {row["kind"] for row in rows if row["inputs"] >= 1} == ALL
    wrong = [one for row in rows for what in ("executed", "defects", "slow") for one in row[what]]
    assert not wrong, "\n".join(wrong)
    assert {row["kind"]: row["memory"] for row in rows if row["memory"] > MOST_MEMORY} == {}


def test_the_table_of_hostile_inputs_is_that_of_the_last_count() -> None:
    sys.path.insert(0, str(REPOSITORY / "docs"))
    try:
        from generate_hostile import SUMMARY, TARGET, with_table
    finally:
        sys.path.pop(0)
    rows = json.loads(SUMMARY.read_text())
    page = TARGET.read_text()
    assert with_table(page, rows) == page, "run docs/generate_hostile.py"
    assert {row["kind"] for row in rows} == ALL
    assert sum(row["inputs"] for row in rows) >= 2000
    assert not [row for row in rows if row["executed"] or row["defects"] or row["slow"]]
    assert max(row["memory"] for row in rows) < MOST_MEMORY
