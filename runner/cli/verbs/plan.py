"""``plan``: what a run would do, without doing it."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from runner.cli.options import add_config_dir, add_multirun, add_output, add_overrides
from runner.errors import Exit

if TYPE_CHECKING:
    from runner.sweeps.points import Point
    from runner.work.planned import Plan

SUMMARY = "say what a run would fetch, make and need, without doing it and without weights"

EPILOG = """\
example:
  python -m runner plan +recipe=text-generation/scratch dtype=bfloat16

  text-generation/scratch dtype=bfloat16
    model         gpt2 (random weights, seed 0)
                  nothing to fetch, 7 files of 260 kB here
    architecture  GPT2LMHeadModel, 58,240 parameters, bfloat16: 116 kB (safetensors headers)
    memory        float16 116 kB, bfloat16 116 kB, float32 233 kB, float64 466 kB
    inputs        string
    outputs       string
    params        max_new_tokens=8
    flavors       transformers, python_function
    requirements  mlflow==3.17.2 torch==2.13.0 transformers==4.57.6
    disk          116 kB for the model, 63.9 GB free
    output        outputs/text-generation/scratch/dtype=bfloat16/model, not there yet

of a sweep, its points, their distinct weights, memory and time:
  python -m runner plan -m +sweep=text-generation/precision
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_overrides(parser)
    add_multirun(parser)
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Compose, survey the sources, and print what is known."""
    from runner.cli.asking import ask
    from runner.cli.documents import write_answer
    from runner.cli.planned import lines, sweep_lines
    from runner.cli.session import session

    asked = ask(args)
    with session() as at:
        with at.importing():
            from runner.sweeps.planning import plan_sweep
            from runner.work.plan import plan
        at.warn(warning for point in asked.points for warning in point.composed.warnings)

        def of_point(point: "Point") -> "Plan":
            return plan(point.composed, point.folder, point.name, at.observer.progress)

        with at.step("plan"):
            planned = None if asked.is_sweep else of_point(asked.only)
            swept = plan_sweep(asked.points, of_point) if asked.is_sweep else None
    if swept:
        write_answer(args, swept.model_dump(mode="json"), sweep_lines(swept))
    if planned:
        write_answer(args, planned.model_dump(mode="json", by_alias=True), lines(planned))
    return Exit.DONE
