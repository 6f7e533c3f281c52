"""``validate --fix`` mends slips and missing quotes, and leaves every other byte alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import StorageError
from runner.findings import Finding, Fix, Place
from runner.recipe.judging.fixing import fix_files
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
WRONG = """\
# a recipe, é
dtpe: bfloat61   # the slip, and another
task: text-generatoin
source:
  kind: hubb     # not a kind
  repo: org/name
  revison: 1234e56
evaluation: {views: [pyfnc, 'nativ'], "expct": [{equals: x}]}
params: {seed: {"type": 'lng', default: 1}}
"""
RIGHT = """\
# a recipe, é
dtype: bfloat16   # the slip, and another
task: text-generation
source:
  kind: hub     # not a kind
  repo: org/name
  revision: "1234e56"
evaluation: {views: [pyfunc, 'native'], "expect": [{equals: x}]}
params: {seed: {"type": 'long', default: 1}}
"""


@pytest.fixture
def file(workspace: Path) -> Path:
    (workspace / "recipes").mkdir()
    return workspace / "recipes" / "case.yaml"


def test_slips_and_missing_quotes_are_mended_and_nothing_else(cli: Cli, file: Path) -> None:
    file.write_text(WRONG)
    file.chmod(0o640)
    done = cli("validate", "recipes", "--fix")
    assert file.read_text() == RIGHT
    assert file.stat().st_mode & 0o777 == 0o640
    assert "recipes/case.yaml:2:1 fixed: `dtpe` → `dtype`" in done.stderr
    assert 'recipes/case.yaml:7:3 fixed: `1234e56` → `"1234e56"`' in done.stderr
    assert "unknown" not in done.stdout
    assert [path.name for path in file.parent.iterdir()] == ["case.yaml"]
    again = cli("validate", "recipes", "--fix")
    assert again.stderr == ""
    assert file.read_text() == RIGHT


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_ends_of_lines_and_a_mark_at_the_start_are_kept(cli: Cli, file: Path, end: str) -> None:
    file.write_bytes(("\ufeff" + WRONG.replace("\n", end)).encode())
    cli("validate", "recipes", "--fix")
    assert file.read_bytes() == ("\ufeff" + RIGHT.replace("\n", end)).encode()


@pytest.mark.parametrize(
    "text",
    [
        "task: fill-mask\nsource: {kind: hub, repo: org/name}\nsorce: {kind: hub}\n",
        "task: fill-mask\nsource: {kind: hub, repo: org/name}\nzzzz: x\n",
        "task: fill-mask\nsource: {kind: hub, repo: org/name}\ndtype: &it flaot32\nsave_as: *it\n",
    ],
    ids=["the field is there", "far from any field", "others refer to it"],
)
def test_what_takes_thought_is_left(cli: Cli, file: Path, text: str) -> None:
    file.write_text(text)
    done = cli("validate", "recipes", "--fix")
    assert done.code == 2
    assert done.stderr == ""
    assert file.read_text() == text


def test_a_value_on_another_line_than_its_key_is_mended_there(cli: Cli, file: Path) -> None:
    text = "task: fill-mask\nsource: {kind: hub, repo: org/name}\ndtype:\n    flaot32  # here\n"
    file.write_text(text)
    assert cli("validate", "recipes", "--fix").code == 0
    assert file.read_text() == text.replace("flaot32", "float32")


def test_a_slip_is_mended_beside_what_takes_thought(cli: Cli, file: Path) -> None:
    text = "dtpe: float32\ntask: fill-mask\ntask: fill-mask\nsource: {kind: hub, repo: a/b}\n"
    file.write_text(text)
    assert cli("validate", "recipes", "--fix").code == 2
    assert file.read_text() == text.replace("dtpe", "dtype")


def test_a_base_is_mended_only_where_it_is_named(cli: Cli, file: Path, workspace: Path) -> None:
    base = workspace / "recipes" / "_base.yaml"
    base.write_text("task: fill-mask\nsource: {kind: hub, repo: org/name}\ndtpe: float32\n")
    file.write_text("defaults: [_base, _self_]\n")
    assert cli("validate", "recipes/case.yaml", "--fix").code == 2
    assert "dtpe" in base.read_text()
    assert cli("validate", "recipes", "--fix").code == 0
    assert "dtype: float32" in base.read_text()


def test_a_link_stays_a_link(cli: Cli, file: Path, workspace: Path) -> None:
    real = workspace / "recipes" / "real.yaml"
    real.write_text(WRONG)
    file.symlink_to("real.yaml")
    cli("validate", "recipes/case.yaml", "--fix")
    assert file.is_symlink()
    assert real.read_text() == RIGHT


def test_the_fix_is_in_the_json(cli: Cli, file: Path) -> None:
    file.write_text("task: fill-mask\nsource: {kind: hub, repo: org/name}\ndtpe: float32\n")
    (finding,) = cli("validate", "recipes", "--format", "json").document["findings"]
    assert finding["fix"] == {"old": "dtpe", "new": "dtype"}
    assert "dtpe" in file.read_text()


def found(file: Path, column: int, old: str, new: str, *, is_key: bool) -> Finding:
    """Make a finding on the first line of a file."""
    fix = Fix(old, new, is_key=is_key)
    return Finding("unknown-key", "", place=Place(str(file), 1, column), fix=fix)


def test_a_key_and_what_is_inside_it_are_mended_at_once(file: Path) -> None:
    file.write_text("outr: {innr: wrng}\n")
    findings = [
        found(file, 1, "outr", "outer", is_key=True),
        found(file, 8, "innr", "inner", is_key=True),
        found(file, 8, "wrng", "wrong", is_key=False),
    ]
    assert len(fix_files(findings, [file])) == 3
    assert file.read_text() == "outer: {inner: wrong}\n"


def test_a_file_that_says_something_else_by_now_is_left(file: Path) -> None:
    file.write_text("other: [a]\n")
    findings = [
        found(file, 1, "outr", "outer", is_key=True),
        found(file, 99, "outr", "outer", is_key=True),
        found(file, 99, "None", "one", is_key=False),
    ]
    assert fix_files(findings, [file]) == []
    assert file.read_text() == "other: [a]\n"


def test_a_file_that_cannot_be_written_is_named(workspace: Path) -> None:
    (workspace / "folder.yaml").mkdir()
    file = workspace / "folder.yaml"
    with pytest.raises(StorageError) as caught:
        fix_files([found(file, 1, "a", "b", is_key=True)], [file])
    assert caught.value.message == f"{file} cannot be written: Is a directory"
    assert caught.value.remedy == "Check its permissions."
