"""``plan``: what a run would do, without doing it."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runner.cli.options import add_config_dir, add_output, add_overrides
from runner.errors import Exit
from runner.wording import counted, size

if TYPE_CHECKING:
    from runner.work.planned import Output, Plan, PlannedSource

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
"""

_WIDTH = 14


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_overrides(parser)
    add_config_dir(parser)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Compose, survey the sources, and print what is known."""
    from runner.recipe.compose import compose

    composed = compose(args.overrides, args.config_dir)
    from runner.cli.console import ConsoleObserver, importing, open_console, quiet

    quiet()
    console = open_console()
    with importing(console):
        from runner.sweeps.points import points
        from runner.work.plan import plan

    for warning in composed.warnings:
        console.print(str(warning), markup=False, highlight=False)
    point = points([composed], sweep=False)[0]
    observer = ConsoleObserver(console)
    observer.step_started("plan")
    try:
        planned = plan(composed, point.folder, point.name, observer.progress)
    finally:
        observer.stop()
    if args.output == "json":
        from runner.cli.documents import as_json

        sys.stdout.write(as_json(planned.model_dump(mode="json", by_alias=True)))
    else:
        name = "" if planned.point == "default" else f" {planned.point}"
        sys.stdout.write(f"{planned.recipe}{name}\n")
        sys.stdout.writelines(f"  {key:<{_WIDTH}}{text}\n" for key, text in _lines(planned))
    return Exit.DONE


def _lines(plan: "Plan") -> Iterator[tuple[str, str]]:
    for part, source in plan.sources.items():
        yield part, source.name + (f" ({source.license})" if source.license else "")
        yield "", _amount(source)
    if model := plan.model:
        yield (
            "architecture",
            f"{model.class_name}, {model.parameters:,} parameters, {model.dtype}: "
            f"{size(model.bytes)} ({model.known_from})",
        )
        yield "memory", ", ".join(f"{dtype} {size(n)}" for dtype, n in model.memory.items())
    else:
        yield "architecture", "inside the GGUF file, known once it is fetched"
    if plan.signature is None:
        yield "signature", "inferred from the example when it runs"
    else:
        yield "inputs", ", ".join(map(_column, plan.signature["inputs"]))
        yield "outputs", ", ".join(map(_column, plan.signature["outputs"]))
    yield "params", " ".join(f"{k}={json.dumps(v)}" for k, v in plan.params.items()) or "none"
    yield "flavors", ", ".join(plan.flavors)
    yield "requirements", " ".join(plan.requirements or ["known with the architecture"])
    for what, disk in plan.disks.items():
        short = "" if disk.needed <= disk.free else ": TOO LITTLE"
        yield "disk", f"{size(disk.needed)} for the {what}, {size(disk.free)} free{short}"
    yield "output", f"{plan.output.model}, {_there(plan.output)}"


def _amount(source: "PlannedSource") -> str:
    here = sum(file.here for file in source.files)
    fetch = f"{size(source.fetch)} to fetch" if source.fetch else "nothing to fetch"
    return f"{fetch}, {counted(here, 'file')} of {size(source.cached)} here"


def _column(spec: dict[str, Any]) -> str:
    """Give a column as people read it: ``label: string``, ``float32[-1, 384]``, ``text?``."""
    kind = spec["type"]
    if kind == "tensor":
        tensor = spec["tensor-spec"]
        kind = f"{tensor['dtype']}{tensor['shape']}"
    elif kind == "array":
        kind = f"[{spec['items']['type']}]"
    optional = "" if spec.get("required", True) else "?"
    return f"{spec['name']}{optional}: {kind}" if spec.get("name") else f"{kind}{optional}"


def _there(output: "Output") -> str:
    if not output.exists:
        return "not there yet"
    return f"there already ({output.verdict})" if output.same else "there, of another recipe"
