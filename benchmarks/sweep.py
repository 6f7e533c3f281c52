"""A sweep of 3 dtypes and 4 params, against one single run, 12 of them, and a plain MLflow loop.

All are cold processes with a fresh output folder, on SmolLM2 from a GGUF file in a package. The
sweep converts the file once, writes each dtype once, loads it once and asks each point once; the
plain script does what MLflow's documentation does, for each of the twelve. The finished sweep is
asked for again: it is held to the imports of the libraries that run a model, which the plain script
pays before it can look at anything, and, more strictly, to those of hydra and pydantic alone.
"""

import tempfile
from pathlib import Path

from benchmarks.measure import Measured, measure
from benchmarks.report import Ratio
from runner.text.wording import size

AGAINST_ONE, ON_DISK, AGAIN = 2.0, 1.05, 1.5
_RECIPE = "text-generation/smollm2-chat"
_DTYPES = ("float32", "bfloat16", "float16")
_TOKENS = (8, 10, 12, 14)
_PLAIN = Path(__file__).parent / "plain_sweep.py"
_IMPORTS = "import hydra, pydantic"
_OF_MODELS = "import torch, transformers.pipelines, mlflow.transformers"


def run() -> list[Ratio]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        points = [(f"dtype={d}", f"params.max_new_tokens={n}") for d in _DTYPES for n in _TOKENS]
        one = _run(folder, "out=one", *points[0])
        asked = ("-m", "out=all", f"dtype={','.join(_DTYPES)}")
        asked += (f"params.max_new_tokens={','.join(map(str, _TOKENS))}",)
        sweep = _run(folder, *asked)
        again = _run(folder, *asked)
        imports, of_models = (
            measure(["python", "-c", code], folder) for code in (_IMPORTS, _OF_MODELS)
        )
        singles = sum(_run(folder, f"out=s{n}", *p).seconds for n, p in enumerate(points))
        plain = measure(["python", str(_PLAIN), *_DTYPES, *map(str, _TOKENS)], folder)
        files, distinct = _bytes(folder / "all"), _bytes(folder / "all/.store/weights")
    said = f"{sweep.seconds:.0f} s, {sweep.memory / 1e9:.1f} GB"
    return [
        Ratio(
            "sweep of 12 points, against one run",
            said,
            f"{one.seconds:.0f} s, {one.memory / 1e9:.1f} GB",
            sweep.seconds / one.seconds,
            AGAINST_ONE,
        ),
        Ratio("… twelve runs", said, f"{singles:.0f} s", sweep.seconds / singles, None),
        Ratio(
            "… a plain script",
            said,
            f"{plain.seconds:.0f} s, {plain.memory / 1e9:.1f} GB",
            sweep.seconds / plain.seconds,
            None,
        ),
        Ratio(
            "… its memory, against one run",
            f"{sweep.memory / 1e9:.2f} GB",
            f"{one.memory / 1e9:.2f} GB",
            sweep.memory / one.memory,
        ),
        Ratio(
            "… its files on the disk",
            size(files),
            f"{size(distinct)} distinct",
            files / distinct,
            ON_DISK,
        ),
        Ratio(
            "the finished sweep again",
            f"{again.seconds:.2f} s",
            f"{of_models.seconds:.2f} s  {_OF_MODELS}",
            again.seconds / of_models.seconds,
            AGAIN,
        ),
        Ratio(
            "… against hydra and pydantic alone",
            f"{again.seconds:.2f} s",
            f"{imports.seconds:.2f} s  {_IMPORTS}",
            again.seconds / imports.seconds,
            AGAIN,
        ),
    ]


def _run(folder: Path, *arguments: str) -> Measured:
    words = ["python", "-m", "runner", f"+recipe={_RECIPE}", "tracking.uri=null", *arguments]
    return measure(words, folder)


def _bytes(folder: Path) -> int:
    """Give the bytes that a folder takes of the disk, hard links once."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum({(stat.st_dev, stat.st_ino): stat.st_size for stat in stats}.values())
