"""``validate``: everything that is wrong with recipes, without weights, network or torch."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner.cli.options import add_config_dir, add_output
from runner.errors import Exit
from runner.findings import Finding

SUMMARY = "find everything that is wrong with recipes, before any download"

EPILOG = """\
example:
  python -m runner validate recipes/qa/squad.yaml

  recipes/qa/squad.yaml:7:3 error[unknown-key] `revison` is not a field of source (kind: hub). Did you mean `revision`?
  1 recipe, 1 error

  Without a path, every known recipe. Exit code 2 where there is an error, 0 where there is none.
"""  # noqa: E501


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="a recipe file, a folder, or a name"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "github"),
        default=None,
        help="json: one document, as --output json; github: annotations of a pull request",
    )
    add_output(parser)
    add_config_dir(parser)


def execute(args: Namespace) -> Exit:
    """Validate, and print a line for each finding."""
    from runner.recipe.library import validate_paths

    form = args.format or args.output
    args.output = "json" if form == "json" else "text"
    validated = validate_paths(args.paths, args.config_dir)
    findings, errors = validated.findings, validated.errors
    if form == "json":
        from runner.cli.documents import as_json, finding_document

        documents = [finding_document(finding) for finding in findings]
        sys.stdout.write(
            as_json({"files": validated.files, "errors": errors, "findings": documents})
        )
    else:
        line = _annotation if form == "github" else str
        sys.stdout.writelines(f"{line(finding)}\n" for finding in findings)
        sys.stdout.write(_summary(validated.files, errors, len(findings) - errors))
    return Exit.WRONG_INPUT if errors else Exit.DONE


def _summary(files: int, errors: int, warnings: int) -> str:
    counts = [_count(files, "recipe")]
    counts += [_count(n, what) for n, what in ((errors, "error"), (warnings, "warning")) if n]
    return ", ".join(counts) + ("" if errors or warnings else ": all well") + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _annotation(finding: Finding) -> str:
    """Give the line that makes GitHub annotate a pull request.

    Source: "Workflow commands for GitHub Actions", setting an error message.
    """
    place = finding.place
    where = f"file={_property(place.file)}" if place else ""
    if place and place.line:
        where += f",line={place.line},col={place.column}"
    text = f"{finding.message} {finding.remedy}".strip()
    return f"::{finding.severity} {where},title={_property(finding.code)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
