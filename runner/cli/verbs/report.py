"""``report``: runs side by side, and which of them to ship."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.options import add_output, add_tracking_uri, tracking_uri
from runner.errors import Exit, WrongInput
from runner.files.temporary import temporary_folder
from runner.text.visible import on_a_line

if TYPE_CHECKING:
    from runner.comparing.comparison import Comparison
    from runner.kept.reading import Found

SUMMARY = "compare runs and sweeps: what varied, what came of it, and which one to ship"

EPILOG = """\
example:
  python -m runner report outputs

  Ship default: it passed its …
    python -m runner promote outputs/text-classification/gated/default --as gated

  run      verdict  accuracy             latency  size      memory   seconds
  default  passed   0.5 (0.15 to 0.85)   2.52 ms  396.9 kB  36 kB    3.2

  PATH is the folder of a run or of a sweep, one that holds many, or runs:/ID of MLflow.
  --out report.html writes a page; .md, .csv and .json are Markdown, CSV and JSON.
"""

_SUFFIXES = {".html": "html", ".md": "markdown", ".csv": "csv", ".json": "json", ".txt": "text"}
_FORMS = tuple(dict.fromkeys(_SUFFIXES.values()))


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="what runs left, or runs:/ID")
    parser.add_argument(
        "--baseline",
        default="",
        metavar="POINT",
        help="the run that the others are held to; the sweep's, else the first, if absent",
    )
    parser.add_argument("--format", choices=_FORMS, default=None, help="text if absent")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write it there; its suffix tells the format"
    )
    parser.add_argument("--watch", action="store_true", help="draw it anew when a record changes")
    add_tracking_uri(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Read the runs, compare them, and write it."""
    from runner.cli.compared import drawn, print_comparison
    from runner.cli.console import open_console
    from runner.cli.documents import write_file
    from runner.cli.kept import tell_unreadable

    form = _form(args)
    if args.watch:
        from runner.cli.watching import watch
        from runner.kept.folders import changes

        watch(open_console(), lambda: changes(args.paths), lambda: drawn(_compared(args)[1]))
        return Exit.DONE
    found, compared = _compared(args)
    if form == "text" and (args.out or args.format) is None:
        print_comparison(open_console(), compared)
    elif args.out is None:
        sys.stdout.write(_text(compared, form, found))
    else:
        write_file(args.out, _text(compared, form, found))
        sys.stderr.write(f"{on_a_line(compared.decision.sentence)}\n")
    tell_unreadable(found.unreadable)
    return Exit.DONE


def _form(args: Namespace) -> str:
    asked = args.format or ("json" if args.output == "json" else None)
    if args.watch and (args.out or asked not in (None, "text")):
        message = "`--watch` draws at a terminal, and writes nothing."
        raise WrongInput("wrong-argument", message, "Leave one of the two out.")
    by_name = _SUFFIXES.get(args.out.suffix.lower()) if args.out else "text"
    if asked is None and by_name is None:
        message = f"`{args.out}` ends in none of {', '.join(_SUFFIXES)}."
        raise WrongInput("wrong-argument", message, "Name it otherwise, or add --format.")
    return asked or by_name or "text"


def _compared(args: Namespace) -> "tuple[Found, Comparison]":
    from runner.comparing.comparison import compare_runs
    from runner.kept.reading import read_runs
    from runner.machine.process import undisturbed

    with temporary_folder("report") as workdir, undisturbed(verbose=False):
        found = read_runs(args.paths, tracking_uri(args), workdir, args.baseline)
        return found, compare_runs(found.runs, found.baseline)


def _text(compared: "Comparison", form: str, found: "Found") -> str:
    from runner.cli.compared import as_text
    from runner.cli.documents import as_json
    from runner.comparing import document, html, markdown

    match form:
        case "html":
            return html.as_html(compared)
        case "markdown":
            return markdown.as_markdown(compared)
        case "csv":
            return document.as_csv(compared)
        case "json":
            return as_json({**document.as_document(compared), "unreadable": found.unreadable})
        case _:
            return as_text(compared)
