"""``validate`` on one recipe, on 100 and on 300, against importing hydra and pydantic alone.

Cold processes. The recipes are the shipped ones that can run here, over and over, a third of them
extending a base through a defaults list; all are valid.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import best
from benchmarks.report import Ratio

BUDGETS = {1: 1.5, 100: 3.0, 300: 3.0}
_REPOSITORY = Path(__file__).parent.parent
_TIMES = 5


def run() -> list[Ratio]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = best(["python", "-c", "import hydra, pydantic"], folder, _TIMES)
        return [_ratio(count, folder, plain.seconds) for count in BUDGETS]


def _ratio(count: int, folder: Path, plain: float) -> Ratio:
    recipes = folder / f"of-{count}"
    _fill(recipes, count)
    command = ["python", "-m", "runner", "validate", recipes.name]
    ours = best(command, folder, _TIMES).seconds
    return Ratio(
        f"validate {count} recipe{'s' * (count > 1)}, the whole process",
        f"{ours:.2f} s",
        f"{plain:.2f} s  import hydra, pydantic",
        ours / plain,
        BUDGETS[count],
    )


def _fill(folder: Path, count: int) -> None:
    texts = _shipped()
    for number in range(count):
        group = folder / f"group{number // 30}"
        group.mkdir(parents=True, exist_ok=True)
        text = texts[number % len(texts)]
        if number % 3 == 2:
            (group / f"_base{number}.yaml").write_text(text, encoding="utf-8")
            text = f"defaults: [_base{number}, _self_]\ndescription: Number {number}.\n"
        (group / f"recipe{number}.yaml").write_text(text, encoding="utf-8")


def _shipped() -> list[str]:
    """Give the recipes that need no package which is not installed."""
    command = [sys.executable, "-m", "runner", "ls", "--installed", "--names"]
    done = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True, check=True)
    return [
        (_REPOSITORY / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
        for name in done.stdout.split()
    ]
