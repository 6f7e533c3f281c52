"""A plan as people read it."""

import json
from collections.abc import Iterator
from typing import Any

from runner.cli.swept import columns
from runner.sweeps.planning import SweepPlan
from runner.text.wording import counted, size
from runner.work.planned import Output, Plan, PlannedData, PlannedSource

_WIDTH = 14


def lines(plan: Plan) -> Iterator[str]:
    """Give a plan as lines of text.

    Args:
        plan: The plan.
    """
    yield plan.recipe if plan.point == "default" else f"{plan.recipe} {plan.point}"
    yield from (f"  {key:<{_WIDTH}}{text}" for key, text in _lines(plan))


def sweep_lines(plan: SweepPlan) -> Iterator[str]:
    """Give the plan of a sweep as lines of text: its points, then all of them together.

    Args:
        plan: The plan.
    """
    rows = [[*plan.varies, "weights", "memory", "seconds", "folder"]]
    for point in plan.points:
        values = [str(point.values.get(key, "")) for key in plan.varies]
        took = "?" if point.seconds is None else f"{point.seconds:.1f}"
        rows.append(
            [*values, f"#{point.weights}", size(point.memory), "done" if point.done else took]
            + [point.folder]
        )
    yield from columns(rows)
    for number, weights in enumerate(plan.weights, 1):
        dtype = f" {weights.dtype}" if weights.dtype else ""
        told = f"{size(weights.bytes)}, of {counted(weights.points, 'point')}"
        yield f"#{number} {weights.source}{dtype}: {told}"
    time = "known once a point has run"
    if plan.seconds is not None:
        time = f"{plan.seconds:.1f} s, one point after the other"
    yield f"{counted(len(plan.points), 'point')}, {counted(len(plan.weights), 'set')} of weights"
    for key, text in (
        ("disk", f"{size(plan.disk)} of weights, each set once, {size(plan.fetch)} to fetch"),
        ("memory", f"{size(plan.memory)} for the greatest point"),
        ("time", time),
    ):
        yield f"  {key:<{_WIDTH}}{text}"


def _lines(plan: Plan) -> Iterator[tuple[str, str]]:
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
    if plan.data:
        yield "data", _rows(plan.data)
    yield from (("note", note) for note in plan.notes)
    for what, disk in plan.disks.items():
        short = "" if disk.needed <= disk.free else ": TOO LITTLE"
        yield "disk", f"{size(disk.needed)} for the {what}, {size(disk.free)} free{short}"
    yield "output", f"{plan.output.model}, {_there(plan.output)}"


def _amount(source: PlannedSource) -> str:
    here = sum(file.here for file in source.files)
    fetch = f"{size(source.fetch)} to fetch" if source.fetch else "nothing to fetch"
    return f"{fetch}, {counted(here, 'file')} of {size(source.cached)} here"


def _rows(data: PlannedData) -> str:
    where = f"{data.name}, {size(data.bytes)}" if data.name else "in the recipe"
    took = f"; the newest run took {data.seconds:.3g} s for as many" if data.seconds else ""
    return f"{counted(data.rows, 'row')} ({where}){took}"


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


def _there(output: Output) -> str:
    if not output.exists:
        return "not there yet"
    return f"there already ({output.verdict})" if output.same else "there, of another recipe"
