"""Sources compared: whether the weights and other parts are still the same ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.locks.beside import DATASET, METRICS
from runner.review.git import short
from runner.review.locks import by_rule, in_force
from runner.review.parts import CORPUS_FIELD, DATASET_FIELD, METRICS_FIELD
from runner.review.rules import ABSENT, Change
from runner.review.sides import Version
from runner.review.signatures import same
from runner.sources import all_kinds
from runner.text.wording import counted

_RULES = {"source": "weights-replaced", "adapter": "adapter-changed"}
_COMPONENT = "component-changed"
_PARTS = {"source": "model", DATASET_FIELD: DATASET, CORPUS_FIELD: DATASET}


def compare_sources(before: Version, after: Version) -> Iterator[Change]:
    """Compare where the parts come from.

    Args:
        before: The recipe before.
        after: The recipe after.
    """
    old, new = _blocks(before), _blocks(after)
    for field in dict.fromkeys([*old, *new]):
        was, now = old.get(field), new.get(field)
        if same(was, now):
            continue
        rule = _RULES.get(field, _COMPONENT)
        if was is None or now is None:
            yield Change(rule, field, _said(was), _said(now))
        else:
            restated = _same_files(field, before, after)
            yield from _block(field, was, now, "source-restated" if restated else rule)


def _blocks(version: Version) -> dict[str, dict[str, Any]]:
    """Give each source as plain values, by its field."""
    return {field: source.model_dump() for field, source in version.sources.items()}


def _block(
    field: str, was: Mapping[str, Any], now: Mapping[str, Any], rule: str
) -> Iterator[Change]:
    if was["kind"] != now["kind"]:
        yield Change(rule, field, _said(was), _said(now))
        return
    for key in dict.fromkeys([*was, *now]):
        old, new = was.get(key), now.get(key)
        if not same(old, new):
            state = key == all_kinds()[now["kind"]].state_field and rule == _RULES["source"]
            here = "revision-moved" if state else rule
            yield Change(here, f"{field}.{key}", _given(old), _given(new))


def _said(block: Mapping[str, Any] | None) -> Any:
    if block is None:
        return ABSENT
    return {key: value for key, value in block.items() if value not in (None, {}, [])}


def _given(value: Any) -> Any:
    return ABSENT if value is None else value


def _same_files(field: str, before: Version, after: Version) -> bool:
    """Tell whether the locks of both sides show the same files for a part."""
    part = _part(field)
    locks = [in_force(version) for version in (before, after)]
    files = [lock.parts[part].files for lock in locks if lock and part in lock.parts]
    if len(files) < 2 or not files[0] or files[0].keys() != files[1].keys():
        return False
    return all(
        file.sha256 and file.sha256 == files[1][name].sha256 for name, file in files[0].items()
    )


def _part(field: str) -> str:
    """Give the name that a lock has for the part that a source is of."""
    if field.startswith(f"{METRICS_FIELD}."):
        return METRICS
    return _PARTS.get(field, field.removeprefix("components."))


def compare_files(before: Version, after: Version, locked: Sequence[Change]) -> Iterator[Change]:
    """Compare the files of sources and datasets that lie in the repository and are named alike.

    Args:
        before: The recipe before.
        after: The recipe after.
        locked: What the locks say already.
    """
    said = {change.field for change in locked}
    for field, now in after.contents.items():
        was = before.contents.get(field, {})
        moved = before.located.get(field) != after.located[field]
        if moved or f"lock.parts.{_part(field)}.files" in said:
            continue
        names = sorted(path for path in {*was, *now} if was.get(path) != now.get(path))
        for rule, differing in by_rule(_part(field), names).items():
            if differing:
                old, new = ({n: short(side[n]) if n in side else "absent" for n in differing}
                            for side in (was, now))  # fmt: skip
                yield Change(rule, f"{field}.files", old, new, counted(len(differing), "file"))
