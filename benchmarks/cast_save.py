"""Saving a 1.4 GB float32 GPT-2 as bfloat16, against a plain script that loads, casts and saves.

Cold processes, the same checkpoint from the page cache, the same disk, no evaluation, no tracking.
Memory is the highest resident memory of a process, less what the same imports alone take.
"""

import tempfile
from pathlib import Path

from benchmarks.large_save import IMPORTS, RECIPE, size
from benchmarks.measure import best, clear, measure
from benchmarks.report import Ratio

MEMORY_BUDGET = 0.15
_HERE = Path(__file__).parent


def run() -> list[Ratio]:
    """Measure."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".benchmark-") as name:
        folder = Path(name)
        measure(["python", str(_HERE / "make_large_checkpoint.py"), "checkpoint"], folder)
        model = size(folder / "checkpoint")
        (folder / "recipes").mkdir()
        (folder / "recipes" / "large.yaml").write_text(RECIPE + "dtype: bfloat16\n")
        imports = best(["python", "-c", IMPORTS], folder, 2)
        ours = best(["python", "-m", "runner", "+recipe=large", "tracking.uri=null"], folder, 2)
        clear(folder)
        plain = best(["python", str(_HERE / "plain_cast_save.py"), "checkpoint"], folder, 2)
    over, plain_over = ours.memory - imports.memory, plain.memory - imports.memory
    return [
        Ratio(
            "saving 1.4 GB of float32 as bfloat16, the whole process",
            f"{ours.seconds:.1f} s",
            f"{plain.seconds:.1f} s  load, cast, save_model",
            ours.seconds / plain.seconds,
        ),
        Ratio(
            "its peak memory over the imports",
            f"{over / 1e6:.0f} MB",
            f"{model / 1e6:.0f} MB  the model",
            over / model,
            MEMORY_BUDGET,
        ),
        Ratio(
            "the plain script's peak memory over the imports",
            f"{plain_over / 1e6:.0f} MB",
            f"{model / 1e6:.0f} MB  the model",
            plain_over / model,
        ),
    ]
