"""What the newest run of a recipe said of it, for its lock."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from runner.locks.lock import LockedPart, LockedResult, LockedScore
from runner.recipe.composing.composed import Composed
from runner.records import RECORD_FILE, RunRecord, read_record


def newest_record(
    composed: Composed, parts: Mapping[str, LockedPart], outs: Iterable[Path]
) -> RunRecord | None:
    """Find the newest run of this very recipe, on these very commits, that ended well.

    Args:
        composed: The recipe.
        parts: Its parts, as locked.
        outs: Folders that runs left what they made in.
    """
    wanted = composed.digest
    commits = {name: part.commit for name, part in parts.items()}
    fitting: list[tuple[str, str, RunRecord]] = []
    for out in outs:
        for file in sorted((out / composed.name).glob(f"*/{RECORD_FILE}")):
            record = read_record(file)
            if record is None or record.failure or record.digest != wanted:
                continue
            if {name: source.commit for name, source in record.sources.items()} == commits:
                fitting.append((record.started, str(file), record))
    return max(fitting, key=lambda one: one[:2])[2] if fitting else None


def locked_result(record: RunRecord) -> LockedResult:
    """Give what a lock says of a run.

    Args:
        record: The record of the run.
    """
    outputs = {view.view: view.outputs for view in record.views}
    text = json.dumps(outputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    found = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    metrics = dict(sorted(record.metrics.items()))
    return LockedResult(
        verdict=record.verdict.value,
        metrics=metrics,
        outputs=f"sha256:{found}",
        scores=dict(sorted(_scores(record))),
    )


def _scores(record: RunRecord) -> Iterator[tuple[str, LockedScore]]:
    for one in record.evaluation.scores if record.evaluation else ():
        if "." not in one.name:
            said = LockedScore(value=one.value, low=one.low, high=one.high, rows=one.rows)
            yield one.name, said
