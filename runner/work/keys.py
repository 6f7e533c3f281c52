"""The keys of a point's steps: what each depends on, told without weights, torch or mlflow."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import runner
from runner.errors import RunnerError
from runner.files.states import states_of
from runner.findings import Loc
from runner.machine.libraries import versions
from runner.recipe.composing.beside import card_of, code_of, own_metrics_of
from runner.recipe.composing.composed import Composed
from runner.recipe.labelled import labelled_of
from runner.recipe.language.digest import digest
from runner.recipe.language.evaluation import Evaluation
from runner.recipe.language.models import Recipe
from runner.recipe.language.tracking import Tracking
from runner.recipe.reading.shelf import golden_file_of
from runner.records import RunRecord
from runner.tasks import Column

SAVE, PROVE, EVALUATE, LOG = "save", "prove", "evaluate", "log"
_OF_DATA = (
    "dataset", "metrics", "slices", "gates", "champion", "confidence", "engine", "repeat"
)  # fmt: skip
"""Fields of an evaluation that the proof does not depend on."""
_VARIABLES = ("SOURCE_DATE_EPOCH", "MLFLOW_HUGGINGFACE_MODEL_MAX_SHARD_SIZE")
_LONGEST_PATH = 4096


def keys_of(composed: Composed) -> dict[str, str]:
    """Give the key of each step that is worth keeping: another one where its result may differ.

    Args:
        composed: The composed recipe.

    Returns:
        The keys by step: ``save``, ``prove``, ``evaluate``, ``log``. One is empty where only doing
        the step tells what it depends on, such as a champion that a server names. That of ``log``
        is the first half of the whole, which ``log_key`` gives once there is something to log.
    """
    recipe, settings = composed.recipe, composed.settings
    to = {"signed": _signing_key(composed), "to": _tracked_in(composed)}
    sources = _sources(composed)
    if sources is None:
        log = _key(to, values=composed.values)
        return {**dict.fromkeys((SAVE, PROVE, EVALUATE), ""), LOG: log}
    around = {
        "sources": sources,
        "runner": [runner.__version__, _inference_code()],
        "versions": versions(),
        "beside": list(_beside(composed)),
    }
    save = _key(
        around,
        name=composed.name,
        digest=composed.digest,
        policy=settings.policy.model_dump(mode="json"),
        variables={name: os.environ.get(name) for name in _VARIABLES},
    )
    asked = _key(
        around,
        digest=digest(_as_proven(recipe)),
        device=settings.device,
        inputs=list(_files_of_inputs(composed)),
    )
    golden = states_of(golden_file_of(composed.file)) if recipe.evaluation.golden else None
    prove = _key({"asked": asked}, golden=golden)
    data = _data(composed)
    evaluate = "" if data is None else _key(data, save=save, device=settings.device)
    log = _key(to, values=composed.values, asked=asked)  # a run may write its golden answers itself
    return {SAVE: save, PROVE: prove, EVALUATE: evaluate, LOG: log}


def log_key(keys: Mapping[str, str], record: RunRecord) -> str:
    """Give the whole key of what is logged: it goes by what was found, and not by what it is of.

    Args:
        keys: The keys of the point's steps.
        record: The record of all steps before it.
    """
    found = record.evaluation
    told = found and {
        "data": found.data.sha256,
        "code": found.code,
        "scores": [score.model_dump() for score in found.scores],
        "gates": [(gate.name, gate.condition, gate.verdict) for gate in found.gates],
    }
    checks = [(check.view, check.name, check.outcome) for check in record.checks]
    said = _key({"checksums": record.checksums}, checks=checks, evaluation=told, log=keys[LOG])
    return keys[LOG] + said


def _key(around: Mapping[str, Any], **what: Any) -> str:
    text = json.dumps({**around, **what}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _tracked_in(composed: Composed) -> list[str]:
    """Tell the tracking server from others; a relative path goes by the folder it is taken from."""
    uri = composed.settings.tracking.uri
    if uri is None or "://" in uri and not uri.startswith("sqlite"):
        return [uri or ""]
    return [uri, os.getcwd()]


def _signing_key(composed: Composed) -> Any:
    key = composed.settings.signing.key
    return key and [key, states_of(Path(key))]


def _sources(composed: Composed) -> dict[str, str] | None:
    """Tell the state of every source; None where one cannot be told, or is not to be had."""
    found: dict[str, str] = {}
    for source, context in composed.parts(Path()):
        state = None
        with suppress(RunnerError, OSError):
            state = source.present_state(context)
        if state is None:
            return None
        found[context.component] = state
    return found


@cache
def _inference_code() -> str:
    """Give the hash of the code that ships inside models."""
    code = hashlib.sha256()
    for file in sorted((Path(runner.__file__).parent / "pyfunc").glob("*.py")):
        code.update(file.read_bytes())
    return code.hexdigest()


def _beside(composed: Composed) -> Iterator[Any]:
    """Give the files of the recipe's repository that go into the model."""
    card = card_of(composed.recipe, composed.folder_of)
    for one in (*([card] if card else []), *code_of(composed.recipe, composed.folder_of)):
        yield one.written, states_of(one.path)


def _as_proven(recipe: Recipe) -> Recipe:
    """Give a recipe without what its proof does not depend on."""
    usual = Evaluation()
    evaluation = recipe.evaluation.model_copy(update={n: getattr(usual, n) for n in _OF_DATA})
    tracking = Tracking(register_as=recipe.tracking.register_as)
    return recipe.model_copy(update={"evaluation": evaluation, "tracking": tracking})


def _files_of_inputs(composed: Composed) -> Iterator[Any]:
    """Give the files that inputs name, where the task takes files."""
    if not _takes_files(composed.recipe):
        return
    recipe = composed.recipe
    given: dict[Loc, Any] = {
        ("evaluation", "inputs"): recipe.evaluation.inputs,
        ("input_example",): [recipe.input_example],
    }
    for loc, inputs in given.items():
        for number, text in _texts(inputs):
            place: Loc = (*loc, number)
            file = composed.origin(place).folder / text
            if len(text) < _LONGEST_PATH and os.path.isfile(file):
                yield text, states_of(file)


def _takes_files(recipe: Recipe) -> bool:
    return any(isinstance(c, Column) and c.media for c in recipe.contract.inputs)


def _texts(values: list[Any]) -> Iterator[tuple[int, str]]:
    for number, value in enumerate(values):
        match value:
            case str():
                yield number, value
            case dict():
                yield from ((number, text) for _, text in _texts([*value.values()]))
            case list():
                yield from ((number, text) for _, text in _texts(value))
            case _:
                pass


def _data(composed: Composed) -> dict[str, Any] | None:
    """Tell the state of the evaluation's data; None where it cannot be told by one look."""
    data = labelled_of(composed)
    if data is None:
        return {"data": None}
    if data.block.elsewhere:
        return None
    elsewhere = _takes_files(composed.recipe) and not (data.path and data.path.is_dir())
    if composed.recipe.evaluation.others or elsewhere:
        return None
    own = own_metrics_of(composed.recipe, composed.folder_of)
    return {
        "data": {name: states_of(file) for name, file in data.files.items()},
        "metrics": {metric.name: states_of(beside.path) for metric, beside in own},
    }
