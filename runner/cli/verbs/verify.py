"""``verify``: whether a model is what it was when it was proven."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.arguments import UsageError
from runner.cli.options import add_output, tracking_uri
from runner.errors import Exit
from runner.text.wording import counted

if TYPE_CHECKING:
    from runner.work.verify import Verified

SUMMARY = "say whether a file of a model was changed since its run"

EPILOG = """\
example:
  python -m runner verify outputs/text-classification/gated/default

  outputs/text-classification/gated/default/model: … files as they were when it passed

  Exit code 1 where a file was changed, added or taken away; each is named. A model that lies
  elsewhere is held to the record of its run with --record, and a signed one to its signature
  with --public-key, without a network.
"""
_WORDS = {"unproven": "was made, unproven"}


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "model", metavar="MODEL|RECORD", help="the folder of a run, its record, a model or its URI"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="record.json of the run")
    parser.add_argument(
        "--public-key", type=Path, metavar="FILE", help="hold it to what the owner has signed"
    )
    parser.add_argument(
        "--signature", type=Path, metavar="FILE", help="the signature; model.sig beside the model"
    )
    parser.add_argument(
        "--tracking-uri", metavar="URI", help="of the MLflow server; MLFLOW_TRACKING_URI if absent"
    )
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Verify, and name what is not as it was."""
    if args.signature and not args.public_key:
        raise UsageError(
            "wrong-argument", "--signature counts with --public-key alone.", "Name the key."
        )
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    with session() as at:
        from runner.work.verify import Signed, verify

        signed = Signed(args.public_key, args.signature) if args.public_key else None
        with at.step("verify"):
            found = verify(args.model, args.record, tracking_uri(args), signed)
    lines = [f"{found.model}/{name}: {what}" for name, what in found.changed.items()]
    if not lines:
        lines = [
            f"{found.model}: {counted(found.files, 'file')} as they were when it {_when(found)}"
        ]
    document = {
        "model": str(found.model),
        "verdict": found.verdict,
        "failure": found.failure,
        "signed": found.signed,
        "files": found.files,
        "changed": dict(found.changed),
    }
    write_answer(args, document, lines)
    return Exit.GATE_FAILED if found.changed else Exit.DONE


def _when(found: "Verified") -> str:
    if found.signed:
        return "was signed"
    ended = f", in a run that did not end well: {found.failure}" if found.failure else ""
    return f"{_WORDS.get(found.verdict, found.verdict)}{ended}"
