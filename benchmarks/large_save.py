"""Saving a 1.4 GB GPT-2 whose weights need no change, against ``cp -r`` and against a plain script.

Each side starts cold, reads the same checkpoint from the page cache and writes to the same disk
without syncing. Ours packages without evaluation and without tracking; the disk is that of a run
that logs to a store on the same machine. Memory is the highest resident memory of a process, less
what the same imports alone take.
"""

import shutil
import tempfile
from pathlib import Path

from benchmarks.measure import Measured, best, clear, measure
from benchmarks.report import Ratio

TIME_BUDGET = 1.2
MEMORY_BUDGET = 0.15
DISK_BUDGET = 1.05
_HERE = Path(__file__).parent
RECIPE = """\
task: text-generation
source: {kind: local, path: ../checkpoint}
evaluation: {views: []}
"""
IMPORTS = (
    "from runner.upstream.transformers_api import spare_unused_imports; spare_unused_imports();"
    "import runner.work.run, runner.sweeps.run_all, runner.cli.results"
)


def run() -> list[Ratio]:
    """Measure."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".benchmark-") as name:
        folder = Path(name)
        measure(["python", str(_HERE / "make_large_checkpoint.py"), "checkpoint"], folder)
        model = size(folder / "checkpoint")
        (folder / "recipes").mkdir()
        (folder / "recipes" / "large.yaml").write_text(RECIPE)
        imports = best(["python", "-c", IMPORTS], folder, 2)
        copy = best(["sh", "-c", "rm -rf copy && cp -r checkpoint copy"], folder, 3)
        shutil.rmtree(folder / "copy")
        command = ["python", "-m", "runner", "+recipe=large", "tracking.uri=null"]
        runs = [(best(command, folder, 1), _save_seconds(folder)) for _ in range(3)]
        ours = Measured(min(m.seconds for m, _ in runs), min(m.memory for m, _ in runs))
        save = min(seconds for _, seconds in runs)
        best([*command[:-1], "tracking.uri=sqlite:///mlflow.db"], folder, 1)
        on_disk = taken(folder) - taken(folder / "checkpoint")
        clear(folder)
        plain = best(["python", str(_HERE / "plain_save_model.py"), "checkpoint"], folder, 2)
    over = ours.memory - imports.memory
    plain_over = plain.memory - imports.memory
    return [
        Ratio(
            "saving 1.4 GB unchanged, the save step",
            f"{save:.2f} s",
            f"{copy.seconds:.2f} s  cp -r",
            save / copy.seconds,
            TIME_BUDGET,
        ),
        Ratio(
            "the same, the whole process",
            f"{ours.seconds:.1f} s",
            f"{plain.seconds:.1f} s  plain save_model",
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
            "plain save_model's peak memory over the imports",
            f"{plain_over / 1e6:.0f} MB",
            f"{model / 1e6:.0f} MB  the model",
            plain_over / model,
        ),
        Ratio(
            "disk taken by the run and by MLflow's store",
            f"{on_disk / 1e6:.0f} MB",
            f"{model / 1e6:.0f} MB  the model",
            on_disk / model,
            DISK_BUDGET,
        ),
    ]


def _save_seconds(folder: Path) -> float:
    """Give the time of the save step of the last run, from its record."""
    import json

    record = json.loads((folder / "outputs/large/default/record.json").read_text())
    return next(step["seconds"] for step in record["steps"] if step["name"] == "save")


def size(folder: Path) -> int:
    """Give the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def taken(folder: Path) -> int:
    """Give the bytes that a folder takes of the disk: what has two names is there once."""
    stats = [file.stat() for file in folder.rglob("*") if file.is_file()]
    return sum({(one.st_dev, one.st_ino): one.st_size for one in stats}.values())
