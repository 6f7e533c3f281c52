"""``plan``: what a run would do, without doing it."""

import json
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
    from runner.cli.asking import ask_points
    from runner.cli.documents import write_answer
    from runner.cli.session import session

    (point,) = ask_points(args)
    with session() as at:
        with at.importing():
            from runner.work.plan import plan
        at.warn(point.composed.warnings)
        with at.step("plan"):
            planned = plan(point.composed, point.folder, point.name, at.observer.progress)
    write_answer(args, planned.model_dump(mode="json", by_alias=True), _text(planned))
    return Exit.DONE


def _text(plan: "Plan") -> Iterator[str]:
    yield plan.recipe if plan.point == "default" else f"{plan.recipe} {plan.point}"
    yield from (f"  {key:<{_WIDTH}}{text}" for key, text in _lines(plan))


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
        if model.quantised:
            yield "quantised", f"{model.quantised}: takes {model.needs}"
        if model.vectors:
            yield "vectors", f"{model.vectors} (sentence-transformers)"
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
    yield from (("note", note) for note in plan.notes)
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
