"""``rehearse``: the whole run on a small random twin of the model, without its weights."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_config_dir, add_multirun, add_output, add_overrides, add_wait
from runner.errors import Exit, RunnerError

if TYPE_CHECKING:
    from runner.work.rehearsal import Rehearsal

SUMMARY = "run a recipe on a small random twin of its model, without fetching the weights"

EPILOG = """\
example:
  python -m runner rehearse +recipe=feature-extraction/minilm

  feature-extraction/minilm
    ✓ load        0.05 s            headers only
    ✓ save        0.03 s   9.27 MB  copied
    ✓ prove       0.83 s            native and pyfunc and server, held to the source
  BertModel: 22,713,216 parameters, its twin 2,057,536 (fewer and narrower layers)
  not rehearsed: 2 expectations: random weights meet none
  passed, 14 of 14 checks: outputs/feature-extraction/minilm/default/rehearsal/model

  Exit code 1 where a check failed: the run would fail as well.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_overrides(parser)
    add_multirun(parser)
    add_wait(parser)
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Compose, make the twins, run them, and say what was found."""
    from runner.cli.asking import ask
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    asked = ask(args)
    found: list[Rehearsal | RunnerError] = []
    with session() as at:
        with at.importing():
            from runner.cli.results import print_point
            from runner.work.rehearse import rehearse
        at.warn(warning for point in asked.points for warning in point.composed.warnings)
        for point in asked.points:
            print_point(at.console, point)
            try:
                found.append(
                    rehearse(point.composed, point.folder, point.name, at.observer, wait=args.wait)
                )
            except RunnerError as error:
                if not asked.is_sweep:
                    raise
                found.append(error)
    documents = [_document(one) for one in found]
    lines = [line for one in found for line in _lines(one)]
    write_answer(args, {"rehearsals": documents} if asked.is_sweep else documents[0], lines)
    return max(_exit(one) for one in found)


def _document(found: "Rehearsal | RunnerError") -> dict[str, Any]:
    if isinstance(found, RunnerError):
        told = {key: str(getattr(found, key)) for key in ("code", "message", "remedy")}
        return {"error": told}
    return found.model_dump(mode="json")


def _exit(found: "Rehearsal | RunnerError") -> Exit:
    if isinstance(found, RunnerError):
        return found.exit
    return Exit.DONE if found.passed else Exit.GATE_FAILED


def _lines(rehearsed: "Rehearsal | RunnerError") -> list[str]:
    if isinstance(rehearsed, RunnerError):
        return [f"error[{rehearsed.code}] {rehearsed.sentences}"]
    record = rehearsed.record
    failed = [f"  ✗ {check.told}" for check in record.failed_checks]
    left_out = [f"  - {check.told}" for check in record.skipped_checks]
    made = len(record.checks) - len(left_out)
    return [
        f"{rehearsed.model}: {rehearsed.parameters:,} parameters, its twin "
        f"{rehearsed.twin_parameters:,} ({rehearsed.shrunk})",
        *(f"not rehearsed: {text}" for text in rehearsed.not_rehearsed),
        *left_out,
        *failed,
        f"{record.verdict.value}, {made - len(failed)} of {made} checks: {record.model}",
    ]
