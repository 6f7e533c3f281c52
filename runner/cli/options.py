"""Arguments that several verbs share."""

from argparse import ArgumentParser
from pathlib import Path


def add_config_dir(parser: ArgumentParser) -> None:
    """Add ``--config-dir``."""
    parser.add_argument(
        "-cd",
        "--config-dir",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of recipes, or one that holds recipes/; may be given more than once",
    )


def add_overrides(parser: ArgumentParser) -> None:
    """Add what names a recipe and changes it: ``+recipe=NAME key=value …``."""
    parser.add_argument(
        "overrides", nargs="*", metavar="OVERRIDE", help="+recipe=NAME, then key=value overrides"
    )


def add_wait(parser: ArgumentParser) -> None:
    """Add ``--wait``."""
    parser.add_argument(
        "--wait", action="store_true", help="wait for another run in the same folder"
    )


def add_output(parser: ArgumentParser) -> None:
    """Add ``--output``."""
    parser.add_argument(
        "--output", choices=("text", "json"), default="text", help="one JSON document on stdout"
    )
