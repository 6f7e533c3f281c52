"""``validate``: everything that is wrong with recipes, without weights, network or torch."""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.options import add_config_dir, add_output
from runner.errors import Exit
from runner.findings import Severity
from runner.machine.garbage import garbage_left_lying
from runner.text.visible import on_a_line
from runner.text.wording import counted

if TYPE_CHECKING:
    from runner.recipe.library import Validated

_ROUNDS = 10
"""What is mended may show more to mend behind it."""
SUMMARY = "find everything that is wrong with recipes, before any download"

EPILOG = """\
example:
  python -m runner validate recipes/qa/squad.yaml

  recipes/qa/squad.yaml:7:3 error[unknown-key] `revison` is not a field of source (kind: hub). Did you mean `revision`?
  1 recipe, 1 error

  Without a path, every known recipe: what a shipped one needs and is not installed is a note.
  Exit code 2 where there is an error, 0 where there is none.
  validate --explain unknown-key says more of a code.
"""  # noqa: E501


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="a name, a recipe or sweep file, or a folder"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default=None,
        help="json: one document, as --output json; github: annotations of a pull request; "
        "sarif: for code scanning",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="mend slips of a letter and missing quotes in the files, and nothing else",
    )
    parser.add_argument("--explain", metavar="CODE", help="say what a code means and what to do")
    add_output(parser)
    add_config_dir(parser)


@garbage_left_lying()
def execute(args: Namespace) -> Exit:
    """Validate, and print a line for each finding."""
    if args.explain:
        sys.stdout.write(_explained(args.explain))
        return Exit.DONE
    from runner.cli.named import named
    from runner.recipe.library import validate_paths

    paths = [Path(word.removeprefix("+sweep=")) for word in named(args.paths, "validate")]
    form = args.format or args.output
    args.output = "json" if form == "json" else "text"
    validated = validate_paths(paths, args.config_dir)
    if args.fix:
        from runner.recipe.judging.fixing import fix_files

        for _ in range(_ROUNDS):
            if not (fixed := fix_files(validated.findings, validated.own_files)):
                break
            sys.stderr.writelines(f"{on_a_line(str(one))}\n" for one in fixed)
            validated = validate_paths(paths, args.config_dir)
    sys.stdout.write(_printed(validated, form))
    return Exit.WRONG_INPUT if validated.errors else Exit.DONE


def _printed(validated: "Validated", form: str) -> str:
    from runner.cli import documents

    findings, errors = validated.findings, validated.errors
    if form == "json":
        found = [documents.finding_document(finding) for finding in findings]
        document = {"files": len(validated.files), "errors": errors, "findings": found}
        return documents.as_json(document)
    if form == "sarif":
        from runner.cli.sarif import sarif

        return documents.as_json(sarif(findings))
    line = documents.annotation if form == "github" else str
    return "".join(f"{line(finding)}\n" for finding in findings) + _summary(validated)


def _explained(code: str) -> str:
    from runner.findings import Finding, Place, RecipeError
    from runner.recipe.judging.catalogue import catalogue, page
    from runner.text.spelling import did_you_mean

    if entry := catalogue().get(code):
        return page(code, entry)
    remedy = did_you_mean(code, catalogue()) or f"There are {', '.join(catalogue())}."
    message = f"`{code}` is not the code of a finding."
    raise RecipeError([Finding("unknown-value", message, remedy, place=Place("command line"))])


def _summary(validated: "Validated") -> str:
    found = Counter(finding.severity for finding in validated.findings)
    counts = [counted(found[severity], severity) for severity in Severity if found[severity]]
    others = [(validated.bases, "base"), (validated.blocks, "block"), (validated.sweeps, "sweep")]
    more = [counted(len(files), noun) for files, noun in others if files]
    recipes = [counted(len(validated.recipes), "recipe")] if validated.recipes or not more else []
    files = ", ".join((*recipes, *more))
    return f"{files}, {', '.join(counts)}\n" if counts else f"{files}: all well\n"
