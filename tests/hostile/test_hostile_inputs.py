"""Some hostile inputs of every kind, in every run of the tests; ``make hostile`` has thousands."""

import json
import os
import sys
from typing import Any

import pytest

from tests import forked
from tests.conftest import REPOSITORY
from tests.hostile.cases import KINDS

_SOME = """
import json, os, resource, socket, sys
from pathlib import Path
from tests.hostile.__main__ import opened
from tests.hostile.cases import ENDLESS, KINDS

def controls(desk):
    '''Do what hostile inputs are not to do, to see that it is seen.'''
    (desk.watch.theirs / "planted.py").write_text("")
    os.chdir(desk.watch.theirs)
    with desk.watch.looking():
        os.system("true")
        socket.socket().connect_ex(("127.0.0.1", 9))
        import planted
        open(os.devnull, "w").close()
        open(desk.home.parent / "outside", "w").close()
    del sys.modules["planted"]
    return list(desk.watch.seen)

with opened(Path("home").absolute()) as desk:
    seen = controls(desk)
    rows = [desk.count(kind, 4) for kind in KINDS if kind is not ENDLESS]
    endless = desk.count(ENDLESS, 100)
Path("found.json").write_text(json.dumps([seen, *map(vars, [endless, *rows])]))
"""
_ROOM = 400 * 2**20


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Give what was seen of what is not to be, and what became of inputs of each kind."""
    folder = tmp_path_factory.mktemp("hostile")
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    offline = {**elsewhere, "HF_HUB_OFFLINE": "1"}
    done = forked.start(_SOME, folder, path=[str(REPOSITORY)], environment=offline).end()
    assert done.code == 0, done.stderr[-3000:]
    return json.loads((folder / "found.json").read_text())


def test_what_hostile_inputs_are_not_to_do_is_seen(found: list[Any]) -> None:
    seen = {said.partition(":")[0] for said in found[0]}
    assert seen == {"os.system", "socket.connect", "import", "exec", "open"}, found[0]


def test_nothing_is_executed_nothing_is_a_defect_and_all_ends_soon(found: list[Any]) -> None:
    for row in found[1:]:
        assert row["inputs"] >= 4
        assert (row["executed"], row["defects"], row["slow"]) == ([], [], []), row["kind"]


def test_numbers_without_end_end_in_words_and_in_little_memory(found: list[Any]) -> None:
    endless = found[1]
    assert endless["inputs"] >= 30
    assert endless["codes"].keys() <= {"0", "2", "3"}
    assert endless["memory"] < _ROOM


def test_the_page_has_the_last_count(found: list[Any]) -> None:
    sys.path.insert(0, str(REPOSITORY / "docs"))
    try:
        from generate_hostile import SUMMARY, TARGET, with_table
    finally:
        sys.path.pop(0)
    rows = json.loads(SUMMARY.read_text())
    assert with_table(TARGET.read_text(), rows) == TARGET.read_text(), "docs/generate_hostile.py"
    assert sum(row["inputs"] for row in rows) >= 2000
    assert not [row for row in rows if row["executed"] or row["defects"] or row["slow"]]
    assert len(rows) == len({row["kind"] for row in rows}) >= len(KINDS)
