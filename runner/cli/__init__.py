"""The command line: picks the verb, runs it, and turns what went wrong into words and an exit code.

A verb is a module here that defines ``SUMMARY`` and ``EPILOG`` (its help), ``configure(parser)``
(its arguments) and ``execute(args)`` (what it does). Only the verb that is asked for is imported.
"""

import io
import os
import sys
import traceback
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from runner import __version__
from runner.errors import Exit, RunnerError

DEFAULT_VERB = "run"
_PROGRAM = "python -m runner"
_INTERRUPTED = 130
_WHAT_FOLLOWS = "verb = one of the above; without one, `run`. `VERB --help` tells more."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments after the program's name; those of the process where absent.

    Returns:
        The exit code: see :class:`runner.errors.Exit`; 130 after Ctrl-C.
    """
    _never_fail_to_print()
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.DONE
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception:
        traceback.print_exc()
        sys.stderr.write("This is a defect of the runner: please report it with the lines above.\n")
        return Exit.DEFECT


def _run(argv: list[str]) -> int:
    match argv:
        case ["-h" | "--help", *_]:
            sys.stdout.write(_top_help())
            return Exit.DONE
        case ["--version", *_]:
            sys.stdout.write(f"{__version__}\n")
            return Exit.DONE
        case [str(first), *rest] if first in verbs():
            name, arguments = first, rest
        case [str(first), *_] if _looks_like_verb(first):
            return _unknown_verb(first)
        case _:
            name, arguments = DEFAULT_VERB, argv
    verb = import_module(f"{__name__}.{name}")
    args = _parser(name, verb).parse_intermixed_args(arguments)
    try:
        return verb.execute(args)
    except RunnerError as error:
        return _report(error, args)


@cache
def verbs() -> tuple[str, ...]:
    """Give the names of the verbs, in alphabetical order, without importing them."""
    folder = Path(__file__).parent
    names = (module.name for module in iter_modules(__path__))
    return tuple(
        name
        for name in sorted(names)
        if "\nSUMMARY = " in (folder / f"{name}.py").read_text(encoding="utf-8")
    )


def _looks_like_verb(argument: str) -> bool:
    return argument[:1] not in ("-", "+", "~") and "=" not in argument


def _unknown_verb(name: str) -> int:
    from runner.spelling import did_you_mean

    hint = did_you_mean(name, verbs()) or f"The verbs are {', '.join(verbs())}."
    sys.stderr.write(f"error[unknown-verb] `{name}` is not a verb. {hint}\n")
    return Exit.WRONG_INPUT


def _parser(name: str, verb: ModuleType) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"{_PROGRAM} {name}",
        description=verb.SUMMARY,
        epilog=verb.EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.configure(parser)
    return parser


def _top_help() -> str:
    summaries = {name: import_module(f"{__name__}.{name}").SUMMARY for name in verbs()}
    width = max(map(len, summaries))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in summaries.items()]
    usage = f"usage: {_PROGRAM} [verb] [arguments]\n\n{_purpose()}\n\n"
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
        sys.stderr.write(f"error[{error.code}] {error.message} {error.remedy}".rstrip() + "\n")
    return error.exit


def _never_fail_to_print() -> None:
    """Let a terminal that lacks a character show its code instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
