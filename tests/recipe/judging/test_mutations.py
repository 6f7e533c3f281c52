"""Shipped recipes, mutilated: whatever is in a file is judged, and each finding has its place."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.findings import Finding, Severity
from runner.recipe.judging.catalogue import catalogue
from runner.recipe.library import validate_paths
from tests.conftest import REPOSITORY

TEXTS = [
    file.read_text()
    for folder in ("recipes", "examples/recipe-repo/recipes")
    for file in sorted((REPOSITORY / folder).rglob("*.yaml"))
    if not file.name.endswith(".lock.yaml")
]
ODD = [*"{}[]:'\"#|>%@`", "\0", "\t", "\u2028", "\ufeff", "😀", "é", "- ", "&a ",
       "*a", "!!x ", "${", "? ", "...\n", "---\n", "\x07", "\ud7ff"]  # fmt: skip
JUNK: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=20)
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
MANY = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def file(workspace: Path) -> Path:
    (workspace / "recipes").mkdir()
    return workspace / "recipes" / "case.yaml"


def judged(file: Path, text: str) -> list[Finding]:
    """Validate a text, and see that every finding is one that people can use."""
    data = text.encode("utf-8", "surrogatepass")
    file.write_bytes(data)
    findings = validate_paths([file]).findings
    lines = 1 + len(re.findall(rb"\r\n|\n|\r|\xe2\x80[\xa8\xa9]|\xc2\x85", data))
    for finding in findings:
        assert finding.code in catalogue()
        assert finding.severity in Severity
        assert finding.message.strip()
        assert finding.place is not None
        if finding.place.line:
            assert Path(finding.place.file).is_file()
            own = Path(finding.place.file).absolute() == file
            assert not own or 1 <= finding.place.line <= lines, finding
            assert finding.place.column >= 1
    placed = [f.place for f in findings if f.place]
    assert placed == sorted(placed)
    return findings


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_a_text_with_mistakes_is_judged(file: Path, text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        match data.draw(st.integers(0, 4)):
            case 0:
                text = text[:at] + text[at + data.draw(st.integers(1, 5)) :]
            case 1:
                text = text[:at] + data.draw(st.sampled_from(ODD)) + text[at:]
            case 2:
                lines = text.splitlines(keepends=True) or [""]
                number = data.draw(st.integers(0, len(lines) - 1))
                text = "".join([*lines[:number], lines[number], *lines[number:]])
            case 3:
                lines = text.splitlines(keepends=True) or [""]
                number = data.draw(st.integers(0, len(lines) - 1))
                lines[number] = "  " * data.draw(st.integers(1, 3)) + lines[number]
                text = "".join(lines)
            case _:
                text = text.replace("\n", data.draw(st.sampled_from(["\r\n", "\r", "\n\n"])))
    judged(file, text)


@MANY
@given(st.sampled_from(TEXTS), st.data(), JUNK)
def test_a_value_of_any_kind_is_judged(
    file: Path, text: str, data: st.DataObject, junk: object
) -> None:
    values = yaml.safe_load(text)
    around: Any = values
    while True:
        keys = list(around) if isinstance(around, dict) else list(range(len(around)))
        key = data.draw(st.sampled_from(keys))
        inner = around[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        around = inner
    around[key] = junk
    judged(file, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


@MANY
@given(st.sampled_from([text for text in TEXTS if "defaults" not in text]), st.data())
def test_an_unknown_key_is_found_on_its_line(file: Path, text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    keys = [n for n, line in enumerate(lines) if re.match(r"[a-z_]+:", line)]
    number = data.draw(st.sampled_from(keys))
    lines[number] = "zz" + lines[number] + ""
    findings = judged(file, "\n".join(lines) + "\n")
    found = [f for f in findings if f.code == "unknown-key"]
    assert [(f.place.line, f.place.column) for f in found if f.place] == [(number + 1, 1)]


@pytest.mark.parametrize("depth", [50, 2_000, 100_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")])
def test_what_is_nested_too_deeply_is_said_so(file: Path, start: str, end: str, depth: int) -> None:
    text = f"task: fill-mask\nmodel_config:\n  {start * depth}a{end * depth}\n"
    said = " ".join(finding.message for finding in judged(file, text))
    assert ("nested too deeply" in said) is (depth > 50)
