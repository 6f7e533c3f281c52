"""Hundreds of runs, a server for half an hour, a sweep of a hundred points: what grows meanwhile.

Nothing may: memory and open files of a process that goes on, and the bytes that a point takes, are
compared between the first part, after a warm-up, and the last one. ``make soak`` runs it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import ask_for
from benchmarks.report import Ratio

RUNS = int(os.environ.get("SOAK_RUNS", "200"))
POINTS = int(os.environ.get("SOAK_POINTS", "100"))
SECONDS = int(os.environ.get("SOAK_SECONDS", "1800"))
MEMORY, FILES, DISK = 1.05, 1.1, 1.05
"""The most that the last part may have, of what the first one has."""
_WARM = 0.15
"""The part that is warm-up: what is imported, compiled and cached once."""
_RECIPE = """\
task: text-generation
source: {kind: scratch, architecture: gpt2}
model_config: {max_new_tokens: 2}
params: {top_k: 50}
evaluation: {views: [native, pyfunc]}
"""
_ENVIRONMENT = {
    **os.environ,
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PYTHONPATH": str(Path(__file__).parent.parent),
}


@dataclass(frozen=True)
class Sample:
    """A process at a moment.

    Args:
        memory: Resident memory in bytes.
        files: Open files.
        disk: Bytes on the disk so far.
    """

    memory: int
    files: int
    disk: int


def run() -> list[Ratio]:
    """Measure."""
    parts: dict[str, Callable[[Path], list[Ratio]]] = {
        "server": _server,
        "runs": _runs,
        "processes": _processes,
        "sweep": _sweep,
    }
    asked = os.environ.get("SOAK_PARTS", ",".join(parts)).split(",")
    ratios: list[Ratio] = []
    for name in asked:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            (home / "recipes").mkdir()
            (home / "recipes" / "tiny.yaml").write_text(_RECIPE)
            ratios += parts[name](home)
    return ratios


def sample(process: int, folder: Path) -> Sample:
    """Look at a process, and at a folder.

    Args:
        process: Its number.
        folder: The folder.
    """
    told = Path(f"/proc/{process}/status").read_text()
    memory = next(line.split()[1] for line in told.splitlines() if line.startswith("VmRSS"))
    return Sample(int(memory) * 1024, len(os.listdir(f"/proc/{process}/fd")), _bytes(folder))


def _server(home: Path) -> list[Ratio]:
    """A chat model, asked as mixed clients ask: whole, streamed, gone away, malformed."""
    model = "outputs/llm-v1-chat/scratch/default/model"
    _command(home, "+recipe=llm-v1-chat/scratch", "tracking.uri=null")
    with _serving(home, model) as (process, address):
        samples, asked = ask_for(
            SECONDS, address, lambda: sample(process, home), pause=SECONDS and 0.2
        )
    what = f"a server under mixed load for {SECONDS // 60} min, {asked:,} requests"
    return _grown("a server under mixed load", what, samples)


@contextmanager
def _serving(home: Path, model: str) -> Iterator[tuple[int, str]]:
    line = [sys.executable, "-m", "runner", "serve", model, "--port", "0"]
    with subprocess.Popen(
        line, cwd=home, env=_ENVIRONMENT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "answers at" in line)
        try:
            yield process.pid, said.split()[3].rstrip(":")
        finally:
            process.terminate()


def _runs(home: Path) -> list[Ratio]:
    """Runs in a row in one process, each a point of its own."""
    code = f"""
import json, os
from dataclasses import astuple
from pathlib import Path
from benchmarks.soak import sample
from runner import compose, run
for number in range({RUNS}):
    run(compose("tiny", f"params.top_k={{number + 1}}", "tracking.uri=sqlite:///mlflow.db"))
    print("SAMPLE", *astuple(sample(os.getpid(), Path("outputs"))), flush=True)
"""
    return _grown(
        "runs in a row in one process",
        f"{RUNS} runs in a row in one process, logged",
        _samples(home, [sys.executable, "-c", code]),
    )


def _processes(home: Path) -> list[Ratio]:
    """Runs in a row, each in a process of its own, forked from one that has the libraries."""
    code = f"""
import os
from dataclasses import astuple
from pathlib import Path
import mlflow.transformers, peft, transformers.models.gpt2.modeling_gpt2, transformers.pipelines
import runner.work.run
from benchmarks.soak import sample
from runner.cli import main
for number in range({RUNS}):
    child = os.fork()
    if not child:
        code = main(["+recipe=tiny", f"params.top_k={{number + 1}}"])
        if not code:
            print("SAMPLE", *astuple(sample(os.getpid(), Path("outputs"))), flush=True)
        os._exit(int(code))
    assert os.waitpid(child, 0)[1] == 0
"""
    return _grown(
        "runs in a row as processes",
        f"{RUNS} runs in a row, a process each, logged",
        _samples(home, [sys.executable, "-c", code]),
    )


def _sweep(home: Path) -> list[Ratio]:
    """A sweep of many tiny points, seen whenever one is done."""
    points = ",".join(str(number + 1) for number in range(POINTS))
    code = f"""
import os, sys
from dataclasses import astuple
from pathlib import Path
from benchmarks.soak import sample
from runner.cli import main
from runner.records import RunRecord
write = RunRecord.write
def seen(record, folder):
    write(record, folder)
    if not record.failure:
        now = sample(os.getpid(), Path("multirun"))
        print("SAMPLE", *astuple(now), flush=True, file=sys.__stdout__)
RunRecord.write = seen
raise SystemExit(int(main(["-m", "+recipe=tiny", "params.top_k={points}", "tracking.uri=null"])))
"""
    return _grown(
        "a sweep of tiny points",
        f"a sweep of {POINTS} tiny points",
        _samples(home, [sys.executable, "-c", code]),
    )


def _samples(home: Path, line: Sequence[str]) -> list[Sample]:
    with subprocess.Popen(
        line, cwd=home, env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, err = process.communicate()
    if process.returncode:
        raise RuntimeError(err[-2000:])
    told = (line.split()[1:] for line in out.splitlines() if line.startswith("SAMPLE"))
    return [Sample(*map(int, figures)) for figures in told]


def _command(home: Path, *arguments: str) -> None:
    line = [sys.executable, "-m", "runner", *arguments]
    subprocess.run(line, cwd=home, env=_ENVIRONMENT, check=True, capture_output=True)


def _grown(what: str, told: str, samples: Sequence[Sample]) -> list[Ratio]:
    """Compare the last part with the first one after the warm-up."""
    warm = samples[int(len(samples) * _WARM) :]
    part = max(len(warm) // 4, 1)
    first, last = warm[:part], warm[-part:]
    files = [statistics.median(s.files for s in some) for some in (last, first)]
    memory = [statistics.median(s.memory for s in some) for some in (last, first)]
    ratios = [
        Ratio(
            f"{what}: memory, last quarter",
            f"{memory[0] / 1e6:.0f} MB  {told}",
            f"{memory[1] / 1e6:.0f} MB  first quarter",
            memory[0] / memory[1],
            MEMORY,
        ),
        Ratio(
            f"{what}: open files",
            f"{files[0]:.0f}",
            f"{files[1]:.0f}",
            files[0] / files[1],
            FILES,
        ),
    ]
    disk = [(some[-1].disk - some[0].disk) / max(len(some) - 1, 1) for some in (last, first)]
    if not disk[1]:
        return ratios
    return [
        *ratios,
        Ratio(
            f"{what}: bytes on the disk of a point",
            f"{disk[0] / 1e3:.0f} kB",
            f"{disk[1] / 1e3:.0f} kB",
            disk[0] / disk[1],
            DISK,
        ),
    ]


def _bytes(folder: Path) -> int:
    """Give the bytes that a folder takes of the disk, hard links once."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum({(stat.st_dev, stat.st_ino): stat.st_size for stat in stats}.values())
