"""Trees of git that are drawn: what is reviewed of them lies in its folder, or has a note."""

import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import RunnerError
from runner.review.git import Repository
from runner.review.tree import Note
from tests.fuzz.drawn import fuzzed

NAMES = st.sampled_from([
    b"a", b"b.yaml", b"..", b".", b".git", b"x\ny", b"\xff", b"\x1b[31m", b"n" * 300, b"A", b"c\\d",
    b"con", b".gitattributes", b".gitmodules", b"::error::", "\u202e.yaml".encode(),
]) | st.binary(min_size=1, max_size=6).filter(lambda name: not {0, 47} & {*name})  # fmt: skip
TARGETS = st.sampled_from([
    b"a", b"..", b"../..", b"/etc/passwd", b"b.yaml/..", b"", b"a\0b", b"x" * 5000, b"a/a/a", b".",
    b"../outside/told", b"\xff",
])  # fmt: skip
FILES = st.sampled_from(["100644", "100755", "100664", "000000"])
LEAVES = (
    st.tuples(FILES, NAMES, st.binary(max_size=30))
    | st.tuples(st.just("120000"), NAMES, TARGETS)
    | st.tuples(st.just("160000"), NAMES, st.just(b""))
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.just("40000"), NAMES, st.lists(inner, max_size=3)),
    max_leaves=8,
)


def kept(objects: Path, kind: str, content: bytes) -> str:
    """Keep an object as git does, without asking git whether it may be."""
    whole = f"{kind} {len(content)}\0".encode() + content
    name = hashlib.sha1(whole).hexdigest()
    file = objects / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(zlib.compress(whole))
    return name


def tree_of(objects: Path, entries: Sequence[Any]) -> str:
    def lines() -> Iterator[bytes]:
        for mode, name, inside in entries:
            is_tree = isinstance(inside, list)
            made = tree_of(objects, inside) if is_tree else kept(objects, "blob", inside)
            yield f"{mode} ".encode() + name + b"\0" + bytes.fromhex(made)

    return kept(objects, "tree", b"".join(lines()))


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder


@fuzzed(share=10)
@given(entries=st.lists(TREES, max_size=5))
def test_nothing_of_a_tree_is_written_or_leads_outside_its_folder(
    top: Path, entries: list[Any]
) -> None:
    tree = tree_of(top / ".git" / "objects", entries)
    with TemporaryDirectory() as name:
        around = Path(name).resolve()
        into, outside = around / "into", around / "outside"
        into.mkdir()
        outside.mkdir()
        (outside / "told").write_text("as it was")
        notes: Sequence[Note] = ()
        with suppress(RunnerError):  # git itself refuses the tree
            notes = Repository(top).extract(tree, [""], into, lambda path: True)
        assert all(note.path and note.why for note in notes)
        assert (outside / "told").read_text() == "as it was"
        assert sorted(os.listdir(around)) == ["into", "outside"]
        for link in (file for file in into.rglob("*") if file.is_symlink() and file.exists()):
            assert link.resolve().is_relative_to(into)
