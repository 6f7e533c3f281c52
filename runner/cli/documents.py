"""What ``--output json`` prints: one document, whatever happened."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runner.errors import RunnerError, StorageError
from runner.files.disk import write_whole
from runner.findings import Finding, Severity
from runner.text.secrets import masked
from runner.text.visible import in_json, on_a_line, visible


def as_json(document: Any) -> str:
    """Write a document as people and programs can read it.

    Args:
        document: Plain values.
    """
    return in_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def write_answer(args: Namespace, document: Any, lines: Iterable[str]) -> None:
    """Write what a verb found out: one document, or the lines that people read.

    Args:
        args: The arguments, ``output`` among them.
        document: Plain values.
        lines: The same in words.
    """
    if args.output == "json":
        sys.stdout.write(as_json(document))
    else:
        sys.stdout.writelines(f"{visible(line)}\n" for line in lines)


def write_file(file: Path, text: str) -> None:
    """Write a document to a file, whose folder is made where it is not there.

    Args:
        file: The file; one that is there is replaced in one move.
        text: The document.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, masked(text))
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror or error}"
        raise StorageError(message, "Name another file with --out.") from error


def finding_document(finding: Finding) -> dict[str, Any]:
    """Give a finding as plain values.

    Args:
        finding: The finding.
    """
    place = finding.place
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "message": finding.message,
        "remedy": finding.remedy,
        "file": place.file if place else "",
        "line": place.line if place else 0,
        "column": place.column if place else 0,
        "path": list(finding.loc),
        "fix": {"old": finding.fix.old, "new": finding.fix.new} if finding.fix else None,
    }


def error_document(error: RunnerError, findings: Iterable[Finding]) -> str:
    """Write the document of a command that failed.

    Args:
        error: What stopped it.
        findings: What it found, where it was the recipe.
    """
    documents = [finding_document(finding) for finding in findings]
    message = f"{len(documents)} findings" if documents else error.message
    told = {"code": error.code, "message": message, "remedy": error.remedy}
    return as_json({"error": told, "findings": documents})


def annotation(finding: Finding) -> str:
    """Give the line that makes GitHub annotate a pull request.

    Args:
        finding: The finding.

    Source: "Workflow commands for GitHub Actions", setting an error message.
    """
    place = finding.place
    where = f"file={_property(place.file)}" if place else ""
    if place and place.line:
        where += f",line={place.line},col={place.column}"
    text = f"{finding.message} {finding.remedy}".strip()
    level = "notice" if finding.severity is Severity.NOTE else finding.severity
    return f"::{level} {where},title={_property(finding.code)}::{_data(text)}"


def _data(text: str) -> str:
    return on_a_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
