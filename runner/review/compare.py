"""Two versions of a recipe compared, field by field, in the recipe's own terms."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from runner.recipe.language.models import Recipe
from runner.review.locks import compare_locks, in_force
from runner.review.measured import compare_records
from runner.review.packages import compare_requirements
from runner.review.proof import compare_proofs
from runner.review.rules import ABSENT, Change
from runner.review.sides import Version
from runner.review.signatures import (
    compare_params,
    compare_signatures,
    effective,
    predicted,
    read_signature,
    same,
)
from runner.review.sources import compare_files, compare_sources

Comparer = Callable[[Recipe, Recipe], Iterator[Change]]
_WHERE_AND_HOW_MANY = ("device", "batch_tokens")


def compare(before: Version, after: Version) -> list[Change]:
    """Compare two versions of a recipe.

    Args:
        before: The version before.
        after: The version after.

    Returns:
        Every change, the gravest first; none where callers, readers and locks see no difference.
    """
    if after.recipe is None or before.recipe is None:
        changes = list(_broken_or_mended(before, after))
    else:
        changes = [
            *_fields(before.recipe, after.recipe),
            *_signature(before, after),
            *_form_of_answers(before.recipe, after.recipe),
            *compare_sources(before, after),
            *(locked := list(compare_locks(before, after))),
            *compare_files(before, after, locked),
            *compare_records(before, after),
        ]
    return sorted(changes, key=lambda change: change.impact.rank)


def _broken_or_mended(before: Version, after: Version) -> Iterator[Change]:
    if after.recipe is None:
        detail = "" if before.recipe else "nor did it before"
        yield Change("recipe-broken", "recipe", detail=detail)
    else:
        yield Change("recipe-mended", "recipe")


def _fields(before: Recipe, after: Recipe) -> Iterator[Change]:
    was, now = before.model_dump(), after.model_dump()
    for name in Recipe.model_fields:
        if not same(was[name], now[name]):
            yield from _COMPARERS.get(name, _block(name, "field-changed"))(before, after)


def _one(rule: str, field: str) -> Comparer:
    """Give the comparer of a field that is one value: any difference is the rule's."""

    def comparer(before: Recipe, after: Recipe) -> Iterator[Change]:
        was, now = getattr(before, field), getattr(after, field)
        yield Change(rule, field, _said(was), _said(now))

    return comparer


def _block(field: str, rule: str) -> Comparer:
    """Give the comparer of a field that is a block: any difference in it is the rule's."""

    def comparer(before: Recipe, after: Recipe) -> Iterator[Change]:
        was, now = (_plain(getattr(recipe, field)) for recipe in (before, after))
        yield Change(rule, field, _said(was), _said(now))

    return comparer


def _plain(value: Any) -> Any:
    return value.model_dump(by_alias=True) if isinstance(value, BaseModel) else value


def _said(value: Any) -> Any:
    return ABSENT if value is None or value == "" else value


def _mapping(rule: str, field: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any:
    """Compare two mappings key by key."""
    for key in dict.fromkeys([*was, *now]):
        old, new = was.get(key, ABSENT), now.get(key, ABSENT)
        if not same(old, new):
            yield Change(rule, f"{field}.{key}", old, new)


def _model_config(before: Recipe, after: Recipe) -> Iterator[Change]:
    was, now = before.inference_config, after.inference_config
    for change in _mapping("model-config-changed", "model_config", was, now):
        key = change.field.removeprefix("model_config.")
        rule = change.rule
        if same(effective(before, key), effective(after, key)):
            rule = "model-config-unheard"
        elif key in _WHERE_AND_HOW_MANY:
            rule = "run-setting"
        yield Change(rule, change.field, change.before, change.after)


def _form_of_answers(before: Recipe, after: Recipe) -> Iterator[Change]:
    """Compare what form answers have where callers set no argument, for the same task.

    A form that the signature shows is compared there.
    """
    old, new = predicted(before), predicted(after)
    shown = old is not None and new is not None and old.outputs != new.outputs
    if before.task == after.task and not shown:
        was, now = _form_of(before), _form_of(after)
        if was != now:
            yield Change("answers-reshaped", "answers", was, now)


def _form_of(recipe: Recipe) -> str:
    names = (*recipe.inference_config, *recipe.params)
    return recipe.contract.answer_form({name: effective(recipe, name) for name in names})


def _load(before: Recipe, after: Recipe) -> Iterator[Change]:
    for (part, was), (_, now) in zip(before.load, after.load, strict=True):
        yield from _mapping("load-argument", f"load.{part}", was, now)


def _dtype(before: Recipe, after: Recipe) -> Iterator[Change]:
    was, now = _WIDTHS.get(before.dtype), _WIDTHS.get(after.dtype)
    times = f"weights take {now / was:g} × the memory" if was and now and was != now else ""
    yield Change("dtype-changed", "dtype", before.dtype, after.dtype, times)


_WIDTHS = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}


def _pyfunc(before: Recipe, after: Recipe) -> Iterator[Change]:
    rule = "pyfunc-narrowed" if after.pyfunc == "mlflow" else "pyfunc-extended"
    yield Change(rule, "pyfunc", before.pyfunc, after.pyfunc)


def _save_pretrained(before: Recipe, after: Recipe) -> Iterator[Change]:
    rule = "weights-stored" if after.save_pretrained else "weights-referenced"
    yield Change(rule, "save_pretrained", before.save_pretrained, after.save_pretrained)


def _remote_code(before: Recipe, after: Recipe) -> Iterator[Change]:
    rule = "remote-code-trusted" if after.trust_remote_code else "remote-code-refused"
    field = "trust_remote_code"
    yield Change(rule, field, before.trust_remote_code, after.trust_remote_code)


def _example(before: Recipe, after: Recipe) -> Iterator[Change]:
    rule = "example-inferred" if after.signature == "infer" else "example-changed"
    yield from _one(rule, "input_example")(before, after)


def _tracking(before: Recipe, after: Recipe) -> Iterator[Change]:
    was, now = before.tracking, after.tracking
    if was.register_as != now.register_as:
        rule = "registered-name" if was.register_as else "registered-added"
        old, new = _said(was.register_as), _said(now.register_as)
        yield Change(rule, "tracking.register_as", old, new)
    if was.experiment != now.experiment:
        yield Change("tracking-changed", "tracking.experiment", was.experiment, now.experiment)
    yield from _mapping("tracking-changed", "tracking.tags", was.tags, now.tags)


def _metadata(before: Recipe, after: Recipe) -> Iterator[Change]:
    yield from _mapping("metadata-changed", "metadata", before.metadata, after.metadata)


def _code(before: Recipe, after: Recipe) -> Iterator[Change]:
    was, now = before.code_paths, after.code_paths
    ships = bool(set(now) - set(was)) or set(now) == set(was)
    yield Change("code-shipped" if ships else "code-withdrawn", "code_paths", was, now)


def _elsewhere(_before: Recipe, _after: Recipe) -> Iterator[Change]:
    """Leave a field to those who compare it with more than the recipe at hand."""
    yield from ()


_COMPARERS: Mapping[str, Comparer] = {
    "description": _one("description-changed", "description"),
    "task": _one("task-changed", "task"),
    "source": _elsewhere,
    "components": _elsewhere,
    "adapter": _elsewhere,
    "load": _load,
    "save_as": _one("save-as-changed", "save_as"),
    "merge": _one("adapter-merged", "merge"),
    "dtype": _dtype,
    "quantize": _block("quantize", "quantisation-changed"),
    "prompt_template": _one("template-changed", "prompt_template"),
    "inference_config": _model_config,
    "params": compare_params,
    "signature": _elsewhere,
    "input_type": _elsewhere,
    "input_example": _example,
    "save_pretrained": _save_pretrained,
    "evaluation": compare_proofs,
    "tracking": _tracking,
    "pyfunc": _pyfunc,
    "requirements": compare_requirements,
    "model_card": _one("card-changed", "model_card"),
    "metadata": _metadata,
    "code_paths": _code,
    "max_shard_size": _one("shard-size-changed", "max_shard_size"),
    "allow_pickle": _one("pickle-allowance", "allow_pickle"),
    "trust_remote_code": _remote_code,
}


def _signature(before: Version, after: Version) -> Iterator[Change]:
    """Compare signatures: as locked where both locks are in force, else as predicted."""
    old, new = before.recipe, after.recipe
    if old is None or new is None:
        return
    locked = [in_force(version) for version in (before, after)]
    known = [lock.signature for lock in locked if lock and lock.signature]
    was, now = predicted(old), predicted(new)
    if len(known) == 2:
        was, now = map(read_signature, known)
    said = [_plain(recipe.signature) for recipe in (old, new)]
    if was is None or now is None:
        if was is not now:
            yield Change("signature-unknown", "signature", *said)
        return
    changes = list(compare_signatures(was, now))
    if not changes and not same(*said):
        changes = [Change("signature-restated", "signature", *said)]
    if not changes and old.input_type != new.input_type:
        changes = [
            Change("signature-restated", "input_type", _said(old.input_type), _said(new.input_type))
        ]
    yield from changes
