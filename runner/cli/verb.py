"""What a verb is, and where the verbs are."""

from argparse import ArgumentParser, Namespace
from functools import cache
from typing import Protocol, runtime_checkable

from runner.discovery import load, names_in
from runner.errors import Exit

_VERBS = "runner.cli.verbs"


@runtime_checkable
class Verb(Protocol):
    """A verb of the command line: each module of :mod:`runner.cli.verbs` is one."""

    SUMMARY: str
    """What it does, in one line of the program's help."""
    EPILOG: str
    """What its help ends in: ``example:``, a command, and what that prints."""

    def configure(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        ...

    def execute(self, args: Namespace) -> Exit:
        """Do it.

        Args:
            args: The arguments as declared.

        Raises:
            RunnerError: What stopped it; the command line words it.
        """
        ...


@cache
def verb_names() -> tuple[str, ...]:
    """Give the names of the verbs, in alphabetical order, without importing them."""
    return tuple(names_in(_VERBS))


def load_verb(name: str) -> Verb:
    """Import one verb, and no other.

    Args:
        name: One of :func:`verb_names`.

    Raises:
        TypeError: The module is not a verb.
    """
    return load(_VERBS, name, Verb)
