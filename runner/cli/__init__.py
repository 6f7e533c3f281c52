"""The command line: picks the verb, runs it, and turns what went wrong into words and an exit code.

Only the verb that is asked for is imported.
"""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence

from runner import __version__
from runner.cli.streams import outlets
from runner.cli.verb import load_verb, verb_names
from runner.errors import Exit, RunnerError, ending_of, first_line, outliving
from runner.files.disk import failing_as_storage
from runner.machine.signals import ending_in_order
from runner.text.visible import on_a_line, visible

DEFAULT_VERB = "run"
_BY_SIGNAL = 128
_WHAT_FOLLOWS = "verb = one of the above; without one, `run`. `VERB --help` tells more."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments after the program's name; those of the process where absent.

    Returns:
        The exit code: see :class:`runner.errors.Exit`; after a signal 128 and its number, so 130
        after Ctrl-C.
    """
    if "_ARGCOMPLETE" in os.environ:
        from runner.cli.completion import answer_shell

        answer_shell()
    with outlets(), ending_in_order():
        return _ended(list(sys.argv[1:] if argv is None else argv))


def _ended(argv: list[str]) -> int:
    try:
        return _run(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.DONE
    except KeyboardInterrupt as stop:
        word, signal = ending_of(stop)
        sys.stderr.write(f"{word} ({signal.name})\n")
        return _BY_SIGNAL + signal
    except Exception as error:
        sys.stderr.write(visible(traceback.format_exc()))
        sys.stderr.write("This is a defect of the runner: please report it with the lines above.\n")
        return _report_defect(error, argv)


def _run(argv: list[str]) -> int:
    match argv:
        case ["-h" | "--help", *_]:
            sys.stdout.write(_top_help())
            return Exit.DONE
        case ["--version", *_]:
            sys.stdout.write(f"{__version__}\n")
            return Exit.DONE
        case [str(first), *rest] if first in verb_names():
            return _execute(first, rest)
        case ["-m" | "--multirun" as many, str(verb), *rest] if verb in verb_names():
            return _execute(verb, [many, *rest])
        case _:
            return _execute(DEFAULT_VERB, argv, named=False)


def _execute(name: str, arguments: list[str], *, named: bool = True) -> int:
    from runner.cli.arguments import VerbParser, output_asked

    args = Namespace(output=output_asked(arguments))
    try:
        with failing_as_storage():
            if arguments and not named:
                _refuse_unknown_verb(arguments[0])
            args = VerbParser(name).read(arguments)
            with outliving():
                return load_verb(name).execute(args)
    except RunnerError as error:
        return _report(error, args)


def _report_defect(error: Exception, argv: list[str]) -> int:
    """Write the document of a defect, where one is asked for; people have the traceback."""
    from runner.cli.arguments import output_asked

    if output_asked(argv) == "json":
        told = RunnerError(f"{type(error).__name__}: {first_line(error)}", "Please report it.")
        told.code = "defect"
        _report(told, Namespace(output="json"))
    return Exit.DEFECT


def _refuse_unknown_verb(word: str) -> None:
    """Refuse a first word that is neither a verb nor part of what `run` takes."""
    if word[:1] in ("", "-", "+", "~") or "=" in word or "/" in word:
        return
    from runner.cli.arguments import UsageError
    from runner.recipe.reading.shelf import open_shelf
    from runner.text.spelling import did_you_mean

    if open_shelf().find(word) is None:
        hint = did_you_mean(word, verb_names()) or f"The verbs are {', '.join(verb_names())}."
        raise UsageError("unknown-verb", f"`{word}` is not a verb.", hint)


def _top_help() -> str:
    from runner.cli.arguments import PROGRAM

    summaries = {name: load_verb(name).SUMMARY for name in verb_names()}
    width = max(map(len, summaries))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in summaries.items()]
    usage = f"usage: {PROGRAM} [verb] [arguments]\n\n{_purpose()}\n\n"
    return usage + "\n".join(lines) + f"\n\n{_WHAT_FOLLOWS}\n"


def _purpose() -> str:
    import runner

    return (runner.__doc__ or "").strip().replace("``", "")


def _report(error: RunnerError, args: Namespace) -> int:
    from runner.findings import RecipeError

    findings = error.findings if isinstance(error, RecipeError) else []
    if getattr(args, "output", "text") == "json":
        from runner.cli.documents import error_document

        sys.stdout.write(error_document(error, findings))
    elif findings:
        sys.stderr.writelines(f"{finding}\n" for finding in findings)
    else:
        sys.stderr.write(f"{on_a_line(error.told)}\n")
    return error.exit
