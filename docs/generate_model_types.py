"""Rehearse every model type of the installed transformers: ``make model-types``.

Writes ``docs/model-types.md``. A page that is there is gone on with, and what failed is tried
again; ``--again`` starts anew.
"""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import transformers
from transformers import CONFIG_MAPPING

import runner.work.rehearse  # noqa: F401  what the forks need is imported once
from tests.twins.walk import LONGEST, Walked, walk

TARGET = Path(__file__).parent / "model-types.md"
_HEAD = """\
# Model types

Written by `make model-types` with transformers {version}: [`rehearse`](rehearse.md) of every model
type that it registers. What is rehearsed is the configuration at full size, as its class or real
checkpoints have it, without weights; tokenizer and processor are made up to fit. The task is that
of the first pipeline that its class is listed for, whose parts can be made up and that passes, else
[`native`](native.md). Each has a process of its own, {minutes} minutes and a limit of memory.
*refused* is exit code 3, with the reason that the rehearsal gives; *failed* is exit code 1.

{total} model types: {counts}.

| model type | task | verdict | class, and its twin; or why not |
|---|---|---|---|
"""


def page(found: Mapping[str, Walked]) -> str:
    """Give the page.

    Args:
        found: What became of each model type, by name.
    """
    counts = Counter(one.verdict for one in found.values())
    head = _HEAD.format(
        version=transformers.__version__,
        minutes=LONGEST // 60,
        total=len(found),
        counts=", ".join(f"{counts[v]} {v}" for v in ("passed", "refused", "failed")),
    )
    return head + "".join(_row(found[name]) for name in sorted(found))


def _row(one: Walked) -> str:
    told = f"{one.model}: {one.twin}" if one.model else one.twin
    cells = (f"`{one.model_type}`", one.task, one.verdict, told.replace("|", "\\|"))
    return f"| {' | '.join(cells)} |\n"


def read() -> dict[str, Walked]:
    """Give what the page already says, but of what failed."""
    found: dict[str, Walked] = {}
    for line in TARGET.read_text(encoding="utf-8").splitlines() if TARGET.is_file() else []:
        if line.startswith("| `"):
            name, task, verdict, told = (cell.strip() for cell in line.strip("|").split(" | ", 3))
            model, _, twin = (
                told.strip(" |").rpartition(": ") if verdict == "passed" else ("", "", told)
            )
            found[name.strip("`")] = Walked(name.strip("`"), task, verdict, model, twin.strip(" |"))
    return {name: one for name, one in found.items() if one.verdict != "failed"}


def main() -> None:
    """Walk, and write the page after each model type."""
    transformers.logging.set_verbosity_error()
    found = {} if "--again" in sys.argv else read()
    with tempfile.TemporaryDirectory(prefix="model-types-") as work:
        for name in sorted(set(CONFIG_MAPPING) - found.keys()):
            found[name] = walk(name, Path(work) / "one")
            TARGET.write_text(page(found), encoding="utf-8")
            sys.stdout.write(f"{name}: {found[name].task} {found[name].verdict}\n")
            sys.stdout.flush()  # before the next fork takes a copy along


if __name__ == "__main__":
    main()
