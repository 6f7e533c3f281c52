"""A whole run on a tiny model, against a plain script that logs the same model.

Both are cold processes with a fresh sqlite store. Ours makes the random model, packages it, proves
it natively and as pyfunc, and logs it. The plain script loads the same checkpoint, made
beforehand, and calls ``log_model`` with an input example, as MLflow's documentation does.
"""

import tempfile
from pathlib import Path

from benchmarks.measure import best, measure
from benchmarks.report import Ratio

BUDGET = 0.5
_RECIPE = "text-generation/scratch"
_PLAIN = Path(__file__).parent / "plain_log_model.py"


def run() -> list[Ratio]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = best(["python", "-m", "runner", f"+recipe={_RECIPE}"], folder, 3)
        model = folder / "outputs" / _RECIPE / "default" / "model"
        theirs = measure(["python", str(_PLAIN), str(model)], folder)
    return [
        Ratio(
            "whole run, tiny model, wall",
            f"{ours.seconds:.1f} s",
            f"{theirs.seconds:.1f} s  log_model(input_example=…)",
            ours.seconds / theirs.seconds,
            BUDGET,
        )
    ]
