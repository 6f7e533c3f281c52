"""Time one model three ways: ``throughput_worker.py EXTENDED MLFLOW ROWS TOLD``."""

import json
import random
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import torch

warnings.filterwarnings("ignore")
_WORDS = ["the", "capital", "of", "France", "is", "a", "man", "who", "eats", "food", "in", "Paris",
          "and", "London", "with", "his", "dog", "while", "markets", "fell"]  # fmt: skip
_BATCHES = (1, 8, 32)


def texts(count: int) -> list[str]:
    """Give texts of 3 to 100 words, most of them short."""
    chosen = random.Random(0)  # noqa: S311
    lengths = (min(100, 3 + int(chosen.expovariate(1 / 18))) for _ in range(count))
    return [" ".join(chosen.choices(_WORDS, k=length)) for length in lengths]


def seconds(call: Callable[[], Any]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Measure, and write the figures."""
    extended, plain, rows, told = sys.argv[1:]
    given = texts(int(rows))
    figures: dict[str, Any] = {}
    for side, path in (("extended", extended), ("mlflow", plain)):
        model = mlflow.pyfunc.load_model(path)
        model.predict(given[:2])
        figures[side] = seconds(lambda model=model: model.predict(given))
    pipeline = mlflow.transformers.load_model(plain)
    config = mlflow.models.Model.load(plain).flavors["python_function"].get("config") or {}
    metadata = mlflow.models.Model.load(plain).metadata or {}
    template = metadata.get("prompt_template", "{prompt}")
    prompts = [template.format(prompt=text) for text in given]
    arguments = {"max_new_tokens": 4} if pipeline.task == "text-generation" else {}
    if pipeline.tokenizer.pad_token_id is None:
        pipeline.tokenizer.pad_token = pipeline.tokenizer.eos_token
    pipeline.tokenizer.padding_side = "left" if arguments else "right"
    with torch.inference_mode():
        figures["native"] = {
            size: round(
                seconds(
                    lambda size=size: pipeline(prompts, batch_size=size, **config, **arguments)
                ),
                2,
            )
            for size in _BATCHES
        }
    Path(told).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
