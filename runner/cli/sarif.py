"""Findings as SARIF 2.1.0, the format that code scanning reads."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from runner import __version__
from runner.findings import Finding
from runner.recipe.judging.catalogue import catalogue

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Give findings as a SARIF log with one run.

    Args:
        findings: The findings.

    Returns:
        The log as JSON has it. Files are relative to the working directory; what is wrong with
        the command line has no location.

    Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard.
    """
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "recipe-runner",
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(finding, codes.index(finding.code)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    if entry := catalogue().get(code):
        rule |= {"shortDescription": {"text": entry.means}, "help": {"text": entry.do}}
    return rule


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": f"{finding.message} {finding.remedy}".strip()},
    }
    place = finding.place
    if place and place.line:
        region = {"startLine": place.line, "startColumn": place.column}
        artifact = {"uri": _uri(place.file)}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": artifact, "region": region}}
        ]
    return result


def _uri(file: str) -> str:
    """Give a file's URI: relative as it is named, or absolute with its scheme."""
    written = quote(file.replace("\\", "/"))
    return f"file://{written}" if written.startswith("/") else written
