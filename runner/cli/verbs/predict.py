"""``predict``: the rows of a file through a packaged model, into a file with an answer each."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, get_args

from runner.cli.options import add_model, add_output, tracking_uri
from runner.engines import LOCAL, Engine
from runner.errors import Exit
from runner.findings import Finding, RecipeError
from runner.text.wording import counted

SUMMARY = "ask a packaged model, whoever made it, for every row of a file"

EPILOG = """\
example:
  python -m runner predict outputs/text-classification/gated/default/model \
--data reviews.csv --out answers.csv

  answers.csv: 2 rows

  The table has the columns of the data, `prediction` (or one column for each output of the model
  that has a name) and `error`: a row that cannot be answered says why and stops nothing. Killed,
  the same command goes on where it was.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_model(parser)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FILE",
        help="CSV, TSV, JSONL, JSON, Parquet, or a folder of images or recordings",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="CSV, TSV, JSONL or Parquet"
    )
    parser.add_argument(
        "--inputs", default="", metavar="COLUMN",
        help="the column that the model gets, or INPUT=COLUMN,INPUT=COLUMN; by name if absent",
    )  # fmt: skip
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE",
        help="a param of every call; may be given more than once",
    )  # fmt: skip
    parser.add_argument("--batch", type=int, default=128, metavar="N", help="rows asked together")
    parser.add_argument("--seed", type=int, default=0, help="seed of answers that are drawn")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda:<n>")
    parser.add_argument(
        "--engine", choices=get_args(Engine), default=LOCAL,
        help="what runs the batches; the answers are the same",
    )  # fmt: skip
    parser.add_argument(
        "--again", action="store_true", help="begin anew, and replace what is there"
    )
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Predict, and say what was done."""
    from runner.cli.documents import write_answer
    from runner.cli.session import session
    from runner.prediction.how import HowToPredict

    uri = tracking_uri(args)
    inputs, params = _inputs(args.inputs), dict(_param(text) for text in args.param)
    with session() as at:
        with at.importing():
            from runner.work.predict import predict
        how = HowToPredict(
            inputs, params, max(args.batch, 1), args.device, args.seed, uri, args.engine,
            again=args.again,
        )  # fmt: skip
        with at.step("predict"):
            done = predict(args.model, args.data, args.out, how, at.observer.progress)
    kept = done.rows - done.asked
    text = f"{done.out}: {counted(done.rows, 'row')}"
    text += f", {kept} of them answered before" if kept else ""
    text += f", {done.errors} with an error" if done.errors else ""
    document = {"model": args.model, "out": str(done.out), "rows": done.rows}
    document |= {"errors": done.errors, "asked": done.asked, "seconds": done.seconds}
    write_answer(args, document, [text])
    return Exit.DONE


def _inputs(text: str) -> dict[str, str]:
    """Read ``column``, or ``input=column,input=column``."""
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {name.strip() if equals else "": (column if equals else name).strip()
            for name, equals, column in pairs}  # fmt: skip


def _param(text: str) -> tuple[str, Any]:
    import yaml

    name, equals, value = text.partition("=")
    if not name or not equals:
        message = f"--param {text}: a name, `=` and a value are wanted."
        raise RecipeError([Finding("wrong-argument", message, "Such as --param top_k=2.")])
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        return name, value
