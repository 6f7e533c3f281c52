"""``validate`` on one recipe, on 100 and on 300, against importing hydra and pydantic alone.

Cold processes. The recipes are the shipped ones over and over, a third of them extending a base
through a defaults list; all are valid.
"""

import tempfile
from pathlib import Path

from benchmarks.measure import best
from benchmarks.report import Ratio

BUDGETS = {1: 1.5, 100: 3.0, 300: 3.0}
_RECIPES = Path(__file__).parent.parent / "recipes"
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
    texts = [file.read_text(encoding="utf-8") for file in sorted(_RECIPES.rglob("*.yaml"))]
    for number in range(count):
        group = folder / f"group{number // 30}"
        group.mkdir(parents=True, exist_ok=True)
        text = texts[number % len(texts)]
        if number % 3 == 2:
            (group / f"_base{number}.yaml").write_text(text, encoding="utf-8")
            text = f"defaults: [_base{number}, _self_]\ndescription: Number {number}.\n"
        (group / f"recipe{number}.yaml").write_text(text, encoding="utf-8")
