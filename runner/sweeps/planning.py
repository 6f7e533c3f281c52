"""The plan of a sweep: its points, the distinct weights among them, and what they will take."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from runner.recipe.composing.composed import Composed
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sweeps.keeping import values_of, varying
from runner.sweeps.points import Point
from runner.work.kept import finished
from runner.work.planned import Plan

_OF_WEIGHTS = (
    *("task", "source", "components", "adapter", "load", "dtype", "quantize"),
    *("merge", "max_shard_size", "save_pretrained", "save_as"),
)
"""What of a recipe the files of its weights depend on."""
IMPORTS = 10**9
"""Bytes that torch, transformers and mlflow take by themselves."""
_COPIES = 2
"""How often a model is in memory at most: the proof holds it beside its source."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class PlannedPoint(_Part):
    """A point of a sweep.

    Args:
        name: Its name.
        recipe: Its recipe.
        values: The values of what varies.
        weights: Which of the distinct weights it has, counted from 1.
        memory: Bytes that its run will take at most, with all that it imports.
        memory_from: ``record`` of an earlier run, or ``plan``: the model twice and the imports.
        seconds: How long its run will take; nothing where no earlier record tells.
        done: Whether an earlier run left nothing to be done.
        folder: Its folder.
    """

    name: str
    recipe: str
    values: dict[str, Any]
    weights: int
    memory: int
    memory_from: str
    seconds: float | None
    done: bool
    folder: str


class PlannedWeights(_Part):
    """A distinct set of weights.

    Args:
        source: Where they come from.
        dtype: Their dtype as written; empty where only the run can tell.
        bytes: Their size.
        fetch: Bytes that are to be fetched for them.
        points: How many points have them.
    """

    source: str
    dtype: str
    bytes: int
    fetch: int
    points: int


class SweepPlan(_Part):
    """What a sweep would do.

    Args:
        varies: What varies, as dotted keys.
        points: The points.
        weights: The distinct weights.
        fetch: Bytes to fetch for all of them.
        disk: Bytes of all distinct weights.
        memory: Bytes that the greatest point takes at most.
        seconds: How long the points that are not done take, one after the other; nothing where a
            point's time is not known.
    """

    varies: list[str]
    points: list[PlannedPoint]
    weights: list[PlannedWeights] = Field(default_factory=list[PlannedWeights])
    fetch: int
    disk: int
    memory: int
    seconds: float | None


def plan_sweep(points: Sequence[Point], plan: Callable[[Point], Plan]) -> SweepPlan:
    """Plan a sweep: each distinct set of weights is looked at once.

    Args:
        points: The points.
        plan: Plans one point.
    """
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(weights_of(point.composed), []).append(point)
    plans = {key: plan(members[0]) for key, members in groups.items()}
    weights = [_weights(plans[key], len(members)) for key, members in groups.items()]
    values = [values_of(point) for point in points]
    varies = varying(values)
    number = {key: place for place, key in enumerate(groups, 1)}
    planned = [
        _point(point, {k: said[k] for k in varies if k in said}, number[key], plans[key])
        for point, said in zip(points, values, strict=True)
        for key in [weights_of(point.composed)]
    ]
    times = [point.seconds for point in planned if not point.done]
    return SweepPlan(
        varies=varies,
        points=planned,
        weights=weights,
        fetch=sum({one.source: one.fetch for one in weights}.values()),
        disk=sum(one.bytes for one in weights),
        memory=max(point.memory for point in planned),
        seconds=None if None in times else sum(time for time in times if time is not None),
    )


def weights_of(composed: Composed, but: str = "") -> str:
    """Give what tells the weights of a point from those of others.

    Args:
        composed: The composed recipe.
        but: What of the recipe is not looked at, such as ``dtype``.
    """
    said = {key: composed.values.get(key) for key in _OF_WEIGHTS if key != but}
    folders = sorted(str(composed.folder_of((key,))) for key in ("source", "adapter"))
    text = json.dumps([said, folders, dict(composed.pins)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def memory_of(plan: Plan, earlier: RunRecord | None = None) -> int:
    """Give the bytes that a point's run takes at most, with all that it imports.

    Args:
        plan: Its plan.
        earlier: The record of an earlier run with the same weights, which knows it.
    """
    if earlier and (peak := max((step.peak_memory for step in earlier.steps), default=0)):
        return peak
    return IMPORTS + _COPIES * (plan.model.bytes if plan.model else 0)


def _weights(plan: Plan, points: int) -> PlannedWeights:
    model, source = plan.model, plan.sources["model"]
    return PlannedWeights(
        source=source.name,
        dtype=model.dtype if model else "",
        bytes=plan.disks["model"].needed if plan.disks else 0,
        fetch=plan.fetch,
        points=points,
    )


def _point(point: Point, values: Mapping[str, Any], weights: int, plan: Plan) -> PlannedPoint:
    own = read_record(point.folder / RECORD_FILE)
    wanted = point.composed.digest
    same = own if own and own.digest == wanted and own.failure is None else None
    seconds = [_seconds(one) for one in ([same] if same else _others(point.around))]
    return PlannedPoint(
        name=point.name,
        recipe=point.composed.name,
        values=dict(values),
        weights=weights,
        memory=memory_of(plan, same),
        memory_from="record" if same else "plan",
        seconds=round(sum(seconds) / len(seconds), 2) if seconds else None,
        done=finished(point.composed, point.folder) is not None,
        folder=str(point.folder),
    )


def _others(around: Path) -> list[RunRecord]:
    """Give the records of the recipe's other points: they took about as long."""
    return list(_whole(around.glob(f"*/{RECORD_FILE}")))


def _whole(files: Iterator[Path]) -> Iterator[RunRecord]:
    for file in files:
        if (record := read_record(file)) and record.failure is None:
            yield record


def _seconds(record: RunRecord) -> float:
    return sum(step.seconds for step in record.steps if step.name != "wait")
