"""``completion``: completion of verbs, options, recipes and fields in bash, zsh and fish."""

import sys
from argparse import ArgumentParser, Namespace

from runner.errors import Exit

SUMMARY = "print what makes a shell complete verbs, recipes and fields"

EPILOG = """\
example:
  python -m runner completion bash

  #compdef recipe-runner
  …

  In ~/.bashrc: source <(recipe-runner completion bash); in ~/.zshrc: source <(recipe-runner completion zsh)
  fish: recipe-runner completion fish > ~/.config/fish/completions/recipe-runner.fish
"""  # noqa: E501

_PROGRAM = "recipe-runner"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", nargs="?", choices=("bash", "zsh", "fish"), default="bash")


def execute(args: Namespace) -> Exit:
    """Print what argcomplete writes for the installed command, and for nothing else."""
    from argcomplete.shell_integration import shellcode

    sys.stdout.write(shellcode([_PROGRAM], shell=args.shell))
    return Exit.DONE
