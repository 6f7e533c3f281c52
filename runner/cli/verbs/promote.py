"""``promote``: a run's model into the registry, its values into the recipe, and back again."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from runner.cli.options import add_config_dir, add_output, add_tracking_uri, tracking_uri
from runner.errors import Exit, WrongInput
from runner.files.temporary import temporary_folder

SUMMARY = "register a run's model, set its alias, write its values into the recipe"

EPILOG = """\
example:
  python -m runner promote outputs/text-classification/gated/default --as reviews --alias champion

  registered as reviews/1
  reviews@champion is version 1

  RECORD is the folder of a run. The recipe's tracking.register_as and tracking.alias need not be
  repeated. Exit code 1 where the verdict does not stand. --rollback takes it back.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "record", metavar="RECORD", help="folder of a run, its record, or runs:/ID of MLflow"
    )
    parser.add_argument("--as", dest="name", metavar="NAME", help="registered model name")
    parser.add_argument("--alias", metavar="ALIAS", help="alias, set where all gates passed")
    parser.add_argument(
        "--no-write", dest="write", action="store_false", help="leave the recipe's file alone"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument(
        "--rollback",
        action="store_true",
        help="put alias and recipe back, as far as nobody has changed them since",
    )
    add_tracking_uri(parser)
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Promote or roll back, and say what was done."""
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    with session() as at, temporary_folder("promote") as workdir:
        with at.importing():
            from runner.kept.promoting import Asked, promote
            from runner.kept.rolling_back import roll_back

        if args.rollback:
            lines = roll_back(Path(args.record), args.tracking_uri)
            document = {"record": str(args.record), "done": lines}
        else:
            asked = Asked(
                name=args.name,
                alias=args.alias,
                uri=args.tracking_uri,
                write=args.write,
                dry=args.dry_run,
                config_dirs=args.config_dir,
            )
            promoted = promote(_folder(args, workdir), asked)
            lines = promoted.done
            document = {"record": str(args.record), **asdict(promoted)}
    write_answer(args, document, lines)
    return Exit.DONE


def _folder(args: Namespace, workdir: Path) -> Path:
    """Give the folder of the run: of one that only MLflow has, what it logged."""
    from runner.kept.tracked import RUN, read_tracked

    if not args.record.startswith(RUN):
        return Path(args.record)
    run, *others = read_tracked(args.record, tracking_uri(args), workdir)
    if others or run.folder is None:
        message = f"{args.record} is no run that this tool logged."
        raise WrongInput("wrong-argument", message, "Name the run of a point.")
    return run.folder
