"""``rehearse``: the whole run on a small random twin of the model, without its weights."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from runner.cli.options import add_config_dir, add_output, add_overrides, add_wait
from runner.errors import Exit

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
    add_wait(parser)
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Compose, make the twin, run it, and say what was found."""
    from runner.cli.asking import ask_points
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    (point,) = ask_points(args)
    with session() as at:
        with at.importing():
            from runner.cli.results import print_point
            from runner.work.rehearse import rehearse
        at.warn(point.composed.warnings)
        print_point(at.console, point)
        rehearsed = rehearse(point.composed, point.folder, point.name, at.observer, wait=args.wait)
    write_answer(args, rehearsed.model_dump(mode="json"), _lines(rehearsed))
    return Exit.DONE if rehearsed.passed else Exit.GATE_FAILED


def _lines(rehearsed: "Rehearsal") -> list[str]:
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
