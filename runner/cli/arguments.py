"""The arguments of a verb: read, and what is wrong with them said in one sentence."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import NoReturn

from runner.cli.verb import load_verb, verb_names
from runner.errors import WrongInput
from runner.text.spelling import did_you_mean, one_of

PROGRAM = "python -m runner"
_ELSEWHERE = {
    "--config-name": "Write +recipe=NAME.",
    "--config-path": "Write --config-dir DIR, a folder of recipes.",
    "--cfg": "`show +recipe=NAME` prints a recipe as it would run.",
}
"""What people who know Hydra's own command line mean."""
_JSON = "json"


class UsageError(WrongInput):
    """The command line is wrong before any recipe is looked at."""


class VerbParser(ArgumentParser):
    """The parser of one verb.

    Args:
        name: Name of the verb.
    """

    def __init__(self, name: str) -> None:
        verb = load_verb(name)
        super().__init__(
            prog=f"{PROGRAM} {name}",
            description=verb.SUMMARY,
            epilog=verb.EPILOG,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self._verb = name
        verb.configure(self)

    def read(self, arguments: Sequence[str]) -> Namespace:
        """Read what was typed after the verb.

        Args:
            arguments: The words.

        Raises:
            UsageError: An option is not known, or a word is missing, wrong or too many.
        """
        args, left = self.parse_known_intermixed_args(arguments)
        for word in left:
            option = word.partition("=")[0]
            if not option.startswith("-"):
                raise UsageError("wrong-argument", f"`{word}` is one word too many.", self._help)
            message = f"`{option}` is not an option of `{self._verb}`."
            raise UsageError("unknown-option", message, self._meant(option))
        return args

    def has(self, option: str) -> bool:
        """Tell whether the verb has an option.

        Args:
            option: The option, dashes and all.
        """
        return option in self._option_string_actions

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found, in the form of all errors."""
        raise UsageError("wrong-argument", f"{message}.", self._help)

    @property
    def _help(self) -> str:
        return f"`{self._verb} --help` tells more."

    def _meant(self, option: str) -> str:
        if option == f"--{_JSON}" and self.has("--output"):
            return f"Write --output {_JSON}."
        if remedy := _ELSEWHERE.get(option):
            return remedy
        if owners := [name for name in verb_names() if VerbParser(name).has(option)]:
            return f"It is one of {one_of(owners)}."
        return did_you_mean(option, self._option_string_actions) or self._help


def output_asked(arguments: Sequence[str]) -> str:
    """Give the form of output that a line asks for which cannot be read as a whole.

    Args:
        arguments: The words after the verb.
    """
    words = [part for word in arguments for part in word.split("=", 1)]
    pairs = zip(words, words[1:], strict=False)
    return _JSON if ("--output", _JSON) in pairs else "text"
