"""Arguments that several verbs share."""

import os
from argparse import ArgumentParser, Namespace
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
        "overrides",
        nargs="*",
        metavar="OVERRIDE",
        help="+recipe=NAME or +sweep=NAME, key=value …",
    )


def add_multirun(parser: ArgumentParser) -> None:
    """Add ``-m``."""
    parser.add_argument("-m", "--multirun", action="store_true", help="every combination of values")


def add_standing(parser: ArgumentParser) -> None:
    """Add ``--status`` and ``--cancel``."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--status", action="store_true", help="run nothing; say how the points of the sweep stand"
    )
    which.add_argument(
        "--cancel", action="store_true", help="cancel the jobs of the sweep on a cluster"
    )


def add_model(parser: ArgumentParser) -> None:
    """Add what names a packaged model, and the server that knows it."""
    parser.add_argument(
        "model", metavar="MODEL_URI", help="models:/name/version, runs:/run/name, or a folder"
    )
    add_tracking_uri(parser)


def add_tracking_uri(parser: ArgumentParser) -> None:
    """Add ``--tracking-uri``."""
    parser.add_argument(
        "--tracking-uri", metavar="URI", help="of the MLflow server; MLFLOW_TRACKING_URI if absent"
    )


def tracking_uri(args: Namespace) -> str:
    """Give the tracking URI that was asked for, the environment has, or is usual."""
    from runner.recipe.language.settings import DEFAULT_TRACKING_URI

    return args.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_TRACKING_URI


def add_update_golden(parser: ArgumentParser) -> None:
    """Add ``--update-golden``."""
    parser.add_argument(
        "--update-golden", action="store_true", help="take what the model answers for golden"
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


def add_outputs(parser: ArgumentParser) -> None:
    """Declare the folders that runs are looked for in."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="where to look; outputs and multirun if absent",
    )
