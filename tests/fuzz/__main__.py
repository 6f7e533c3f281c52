"""Draw by coverage: libFuzzer, through atheris, makes what hypothesis draws inputs of.

``python -m tests.fuzz --seconds 600`` has each target in a process of its own, and says of each how
many inputs it met and how much of ``runner/`` they reached, in edges of the bytecode. The targets
are those of hypothesis; what breaks one is kept in ``--into``, as the bytes that it was made of.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from random import Random

MODULES = ("test_files_of_strangers", "test_gguf_headers")
_SLOWEST, _MOST_MEMORY = 10, 4096
"""Seconds that an input may take, and MB that a process may."""
_FIRST, _LONG = 50, 2048
"""Inputs before the first that is guided, and bytes that an input may have."""
_STANDS = re.compile(r"^#(\d+)\s.*\bcov: (\d+)", re.MULTILINE)


def main() -> int:
    """Read the command line, and fuzz."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="of each target")
    parser.add_argument("--into", type=Path, default=Path("fuzzed"), help="folder for what breaks")
    parser.add_argument("--target", help="this one alone, in this process")
    asked = parser.parse_args()
    asked.into.mkdir(exist_ok=True)
    if asked.target:
        _guided(asked.target, asked.seconds, asked.into)
    return max(_told(name, asked.seconds, asked.into) for name, _ in targets())


def targets() -> Iterator[tuple[str, Callable[[bytes], object]]]:
    """Give the targets: by name, what makes an input of bytes and meets the code with it."""
    for module in MODULES:
        for name, test in vars(import_module(f"tests.fuzz.{module}")).items():
            if name.startswith("test_") and hasattr(test, "hypothesis"):
                yield name.removeprefix("test_"), test.hypothesis.fuzz_one_input


def _told(name: str, seconds: int, into: Path) -> int:
    """Fuzz a target in a process of its own, and say how it stands at the end."""
    command = [sys.executable, "-m", "tests.fuzz", "--target", name]
    command += ["--seconds", str(seconds), "--into", str(into)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    inputs, edges = ([*_STANDS.findall(done.stderr)] or [("no", "no")])[-1]
    said = "well" if done.returncode == 0 else f"broken, see {into}/{name}.txt"
    sys.stdout.write(f"{name}: {inputs} inputs, {edges} edges: {said}\n")
    sys.stdout.flush()
    if done.returncode:
        (into / f"{name}.txt").write_text(done.stderr)
    return int(done.returncode != 0)


def _guided(name: str, seconds: int, into: Path) -> None:
    """Fuzz a target until its time is over; this process ends with it."""
    import atheris

    with atheris.instrument_imports(include=["runner"]):
        one = dict(targets())[name]
        drawn = Random(0)
        for _ in range(_FIRST):  # much is imported where it is needed: all that is seen is by then
            one(drawn.randbytes(_LONG))
    bounds = [f"-max_total_time={seconds}", f"-timeout={_SLOWEST}", f"-rss_limit_mb={_MOST_MEMORY}"]
    bounds += ["-len_control=0", f"-max_len={_LONG}"]  # short ones draw next to nothing
    atheris.Setup([sys.argv[0], *bounds, f"-artifact_prefix={into}/{name}-"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
