"""``serve``: a packaged model behind HTTP, as MLflow and as OpenAI's clients ask."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from runner.cli.arguments import UsageError
from runner.cli.options import add_model, tracking_uri
from runner.errors import Exit

if TYPE_CHECKING:
    from runner.serving.served import ServedModel

SUMMARY = "answer requests over HTTP with a packaged model: MLflow's, and OpenAI's for llm/v1 tasks"

EPILOG = """\
example:
  python -m runner serve outputs/text-classification/gated/default/model --port 0 --check

  text-classification/gated loads, and would answer at http://127.0.0.1:…: /invocations …

  Without --check it answers until Ctrl-C or SIGTERM. A model of an llm/v1 task also answers
  /v1/models and /v1/chat/completions, /v1/completions or /v1/embeddings.
"""
_MEBIBYTE = 2**20
_PORTS = 2**16
_MOST = 10**6
_BOUNDS = {"--max-body": "MiB", "--requests": "requests", "--timeout": "seconds"}


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_model(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; this machine's own"
    )
    parser.add_argument("--port", type=int, default=5000, help="port; 0 for a free one")
    parser.add_argument(
        "--name", default="", help="what requests call the model; as registered, or its recipe"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda:<n>")
    parser.add_argument(
        "--max-body", type=int, default=64, metavar="MIB", help="the longest body of a request"
    )
    parser.add_argument(
        "--requests", type=int, default=32, metavar="N", help="how many may be here at once"
    )
    parser.add_argument(
        "--timeout", type=float, default=600, metavar="SECONDS", help="the longest of a request"
    )
    parser.add_argument("--check", action="store_true", help="load the model, say so, and end")


def execute(args: Namespace) -> Exit:
    """Serve, and say where."""
    if not 0 <= args.port < _PORTS:
        raise UsageError("wrong-argument", f"--port {args.port} is no port.", "0 takes a free one.")
    for name, counted in _BOUNDS.items():
        if not 1 <= getattr(args, name.removeprefix("--").replace("-", "_")) <= _MOST:
            said = f"{name} is at least 1, and at most {_MOST}."
            raise UsageError("wrong-argument", said, f"It counts {counted}.")
    from runner.cli.session import session

    with session() as at:
        with at.importing():
            from runner.serving.bounds import Bounds
            from runner.serving.server import HowToServe, serve

        def told(address: str, model: "ServedModel") -> None:
            how = "loads, and would answer" if args.check else "answers"
            said = f"{model.name} {how} at {address}: {' '.join(_paths(model))}"
            at.console.print(said, markup=False, highlight=False, soft_wrap=True)

        how = HowToServe(
            args.host, args.port, args.name, args.device,
            Bounds(args.max_body * _MEBIBYTE, args.requests, args.timeout),
            tracking_uri(args), check=args.check,
        )  # fmt: skip
        serve(args.model, how, told)
    return Exit.DONE


def _paths(model: "ServedModel") -> list[str]:
    own = ["/v1/models", f"/v1/{model.task.endpoint}"] if model.task and model.task.endpoint else []
    return ["/invocations", "/ping", "/version", *own]
