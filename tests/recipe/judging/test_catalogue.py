"""The catalogue of findings: complete, and true; its pages are what its examples print."""

import ast
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest

from docs.generate_findings import FOLDER, pages
from runner.locks.drift import DriftKind
from runner.recipe.judging.catalogue import catalogue
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
MAKERS = {"Finding", "UsageError", "self._find", "request.find", "_wrong"}
PASSED_ON = {"code", "finding.code", "self.kind"}
"""What stands where a code would: it comes from a caller, or from ``DriftKind``."""
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}, "minItems": 1},
    },
    "$defs": {
        "text": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "tool": {"required": ["driver"], "properties": {"driver": {
                    "required": ["name", "rules"],
                    "properties": {"rules": {"type": "array", "uniqueItems": True, "items": {
                        "required": ["id"],
                        "properties": {"shortDescription": {"$ref": "#/$defs/text"}},
                    }}},
                }}},
                "results": {"type": "array", "items": {
                    "required": ["message", "ruleId", "ruleIndex", "level"],
                    "properties": {
                        "message": {"$ref": "#/$defs/text"},
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "locations": {"type": "array", "items": {
                            "required": ["physicalLocation"],
                            "properties": {"physicalLocation": {
                                "required": ["artifactLocation", "region"],
                                "properties": {"region": {"properties": {
                                    "startLine": {"type": "integer", "minimum": 1},
                                    "startColumn": {"type": "integer", "minimum": 1},
                                }}},
                            }},
                        }},
                    },
                }},
            },
        },
    },
}  # fmt: skip
"""What SARIF 2.1.0 insists on, of the part that is written."""


def _first(call: ast.Call) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    return call.args[0] if call.args else next(iter(named), None)


def _codes() -> Iterator[str]:
    """Read every code that the source can give off its syntax tree."""
    yield from DriftKind
    for file in (REPOSITORY / "runner").rglob("*.py"):
        if "pyfunc" in file.parts:
            continue
        text = file.read_text()
        yield from re.findall(r"error\[([a-z-]+)\]", re.sub(r'"""[\s\S]*?"""', "", text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                first = _first(node)
                if name in MAKERS and isinstance(first, ast.Constant):
                    yield str(first.value)
                elif name == "Finding" and first is not None:
                    assert ast.unparse(first) in PASSED_ON, f"{file}:{node.lineno}"
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                targets = [ast.unparse(target) for target in node.targets[0].elts]
                if "code" in targets and isinstance(node.value, ast.Tuple):
                    value = node.value.elts[targets.index("code")]
                    if isinstance(value, ast.Constant) and value.value:
                        yield str(value.value)


@pytest.mark.process
def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    assert set(_codes()) == set(catalogue())


@pytest.mark.slow
def test_the_pages_are_what_the_examples_print() -> None:
    written = pages()
    if "UPDATE_DOCS" in os.environ:
        for name, text in written.items():
            (FOLDER / name).write_text(text)
    assert {file.name for file in FOLDER.iterdir()} == set(written)
    for name, text in written.items():
        assert (FOLDER / name).read_text() == text, f"{name}: run make docs"


@pytest.mark.parametrize("code", [c for c, entry in catalogue().items() if entry.shown])
def test_what_is_only_told_has_the_form_of_a_finding(code: str) -> None:
    assert re.search(rf"(error|warning)\[{code}\] \S", catalogue()[code].shown)
    assert not catalogue()[code].recipe


def test_a_code_is_explained_and_an_unknown_one_corrected(cli: Cli) -> None:
    done = cli("validate", "--explain", "unknown-key")
    assert done.code == 0
    assert done.stdout.startswith("# unknown-key\n\nA key is not a field where it stands.")
    wrong = cli("validate", "--explain", "unknwon-key")
    assert wrong.code == 2
    assert "Did you mean `unknown-key`?" in wrong.stderr


def test_sarif_has_rules_results_and_places(cli: Cli, workspace: Path) -> None:
    folder = workspace / "recipes" / "with space"
    folder.mkdir(parents=True)
    (folder / "wrong.yaml").write_text("task: fill-mask\nsource: {kind: hubb}\ndtpe: x\n")
    done = cli("validate", "recipes", "nowhere", "--format", "sarif")
    assert done.code == 2
    log = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["unknown-key", "unknown-kind", "unknown-recipe"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    (kind,) = (r for r in run["results"] if r["ruleId"] == "unknown-kind")
    (where,) = kind["locations"]
    assert where["physicalLocation"] == {
        "artifactLocation": {"uri": "recipes/with%20space/wrong.yaml"},
        "region": {"startLine": 2, "startColumn": 10},
    }
    (missing,) = (r for r in run["results"] if r["ruleId"] == "unknown-recipe")
    assert "locations" not in missing
