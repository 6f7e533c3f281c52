"""Run a command in a process of its own and measure its wall time and its memory."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Args:
        seconds: Wall time.
        memory: Highest resident memory of the process and its children together, in bytes;
            pages of files that are mapped count too.
    """

    seconds: float
    memory: int


def measure(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run a command once.

    Args:
        command: The command; ``python`` as its first word stands for this interpreter.
        folder: Working directory.
        environment: Variables that differ from those of this process.

    Returns:
        What it took.

    Raises:
        RuntimeError: It failed; its output is in the message.
    """
    words = [sys.executable, *command[1:]] if command[0] == "python" else list(command)
    variables = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONDONTWRITEBYTECODE": "",  # the runner's modules are compiled once, as installed ones
        "PYTHONPATH": str(Path(__file__).parent.parent),
        **(environment or {}),
    }
    start = time.perf_counter()
    with subprocess.Popen(
        words,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        peak = _Peak(process.pid)
        peak.start()
        output, _ = process.communicate()
        seconds = time.perf_counter() - start
        peak.stop()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}:\n{output[-2000:]}")
    return Measured(seconds, peak.highest)


LEFT = ("outputs", "mlflow.db", "mlruns", "mlartifacts")
"""What a run leaves in its working directory."""


def best(
    command: Sequence[str], folder: Path, times: int, without: Sequence[str] = LEFT
) -> Measured:
    """Run a command several times; give the least time and the least memory.

    Args:
        command: The command.
        folder: Working directory.
        times: How often.
        without: Files and folders in it that are removed before each time, as what a run left
            would not be made again.
    """
    runs: list[Measured] = []
    for _ in range(times):
        clear(folder, without)
        runs.append(measure(command, folder))
    return Measured(min(r.seconds for r in runs), min(r.memory for r in runs))


def clear(folder: Path, names: Sequence[str] = LEFT) -> None:
    """Remove files and folders, where they are there.

    Args:
        folder: Where they lie.
        names: Their names.
    """
    for path in (folder / name for name in names):
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)


class _Peak(threading.Thread):
    """Samples the memory of a process tree until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.highest = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            self.highest = max(self.highest, sum(_resident(pid) for pid in _tree(self._pid)))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    sizes = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")]
    return sizes[0] if sizes else 0
