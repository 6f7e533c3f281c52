"""Each known defect of MLflow's inference code, and what the runner's does: docs/inference.md."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from runner.evaluation.inputs import sample_file
from runner.tasks import get_task
from runner.tasks.installed import has_pipeline, transformers_version
from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "inference.md"
TWO = ["My dog", "What is MLflow?"]
NO_ENTITY = {"aggregation_strategy": "simple", "ignore_labels": ["O", "PER"]}
CHAT = {"messages": [{"role": "user", "content": "My dog"}], "max_tokens": 3, "n": 2}
PENALIZED = {"messages": CHAT["messages"], "max_tokens": 8, "frequency_penalty": 1.5}


@dataclass(frozen=True)
class Defect:
    """A case in which MLflow's inference code goes wrong.

    Args:
        what: The case.
        task: Task of the recipe.
        rows: What ``predict`` is given; text in braces stands for sample files.
        right: Says whether an output is right.
        changes: More of the recipe.
        params: Params of the call.
    """

    what: str
    task: str
    rows: Any
    right: Callable[[Any], bool]
    changes: dict[str, Any]
    params: dict[str, Any] | None = None


DEFECTS = [
    Defect(
        "two sequences for each of two prompts", "text-generation", TWO,
        lambda out: [len(row) for row in out] == [2, 2]
        and all(text.startswith(p) for p, row in zip(TWO, out, strict=True) for text in row),
        {"model_config": {"num_return_sequences": 2, "num_beams": 2, "max_new_tokens": 2}},
    ),
    Defect(
        "embeddings of two texts", "feature-extraction", TWO,
        lambda out: np.asarray(out).shape == (2, 32), {},
    ),
    Defect(
        "a text without an entity", "token-classification", ["My dog"],
        lambda out: out == [""], {"model_config": NO_ENTITY},
    ),
    Defect(
        "the best two labels of two texts", "text-classification", TWO,
        lambda out: list(out.columns) == ["label", "score"] and len(out) == 2,
        {"params": {"top_k": 2}},
    ),
    Defect(
        "the label of an image", "image-classification", ["{image}"],
        lambda out: list(out.columns) == ["label", "score"] and len(out) == 1, {},
    ),
    Defect(
        "zero-shot labels without a hypothesis_template", "zero-shot-classification",
        {"sequences": "My dog", "candidate_labels": '["a", "b"]'},
        lambda out: len(out) == 2, {},
    ),
    Defect(
        "two texts with the same labels for zero-shot", "zero-shot-classification",
        [{"sequences": t, "candidate_labels": '["a", "b"]', "hypothesis_template": "It is {}."}
         for t in ("My dog", "My dog")],
        lambda out: len(out) == 4, {},
    ),
    Defect(
        "an answer without its prompt (include_prompt: false)", "text-generation", ["My dog"],
        lambda out: not out[0].startswith("My dog"),
        {"model_config": {"include_prompt": False, "do_sample": False, "max_new_tokens": 3}},
    ),
    Defect(
        "two answers of a chat (n: 2)", "llm/v1/chat", CHAT,
        lambda out: len(out[0]["choices"]) == 2, {},
    ),
    Defect(
        "a penalty on saying it again (frequency_penalty) in a chat", "llm/v1/chat", PENALIZED,
        lambda out: out[0]["choices"][0]["message"]["content"] != "", {},
    ),
    Defect(
        "a stop word of a chat model that is not on the hub", "llm/v1/completions",
        {"prompt": "What is MLflow?", "max_tokens": 6, "stop": ["tla"]},
        lambda out: "tla" not in out[0]["choices"][0]["text"], {},
    ),
    Defect(
        "a caption of an image", "image-to-text", ["{image}"], lambda out: len(out) == 1, {},
    ),
    Defect(
        "an answer about an image", "visual-question-answering",
        [{"image": "{image}", "question": "What is this?"}], lambda out: len(out) == 1, {},
    ),
]  # fmt: skip


def filled(rows: Any, folder: Path) -> Any:
    """Put sample files in place of the words in braces."""
    match rows:
        case "{image}":
            return str(sample_file(folder, "image"))
        case list():
            return [filled(row, folder) for row in rows]
        case dict() if "image" in rows:
            return {**rows, "image": filled(rows["image"], folder)}
        case _:
            return rows


def said(saved: Callable[..., Path], defect: Defect, pyfunc: str, folder: Path) -> tuple[bool, str]:
    """Say whether a side is right, and what it gave."""
    if pyfunc == "mlflow" and not has_pipeline(get_task(defect.task).pipeline_task):
        return False, "there is no pyfunc"
    path = saved(defect.task, pyfunc=pyfunc, **defect.changes)
    try:
        model = mlflow.pyfunc.load_model(str(path))
    except Exception:
        return False, "there is no pyfunc"
    try:
        output = model.predict(filled(defect.rows, folder), params=defect.params)
    except Exception as error:
        return False, f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    try:
        right = defect.right(output)
    except Exception:
        right = False
    return right, shown(output)


def shown(output: Any) -> str:
    """Describe an output in a few words that do not change from call to call."""
    match output:
        case pd.DataFrame():
            return f"a table of {len(output)} rows: {', '.join(map(str, output.columns))}"
        case np.ndarray():
            return f"an array of shape {list(output.shape)}"
        case [dict() as first, *_]:
            return f"{len(first.get('choices', []))} choices"
        case list():
            kinds = [f"{len(row)} texts" if isinstance(row, list) else "a text" for row in output]
            return f"{len(output)} rows: {', '.join(kinds)}"
        case _:
            return type(output).__name__


@pytest.fixture(scope="module")
def outcomes(
    saved: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, tuple[bool, str]]]:
    """What both sides gave in every case."""
    folder = tmp_path_factory.mktemp("samples")
    return {
        defect.what: {side: said(saved, defect, side, folder) for side in ("mlflow", "extended")}
        for defect in DEFECTS
    }


@pytest.mark.parametrize("what", [defect.what for defect in DEFECTS])
def test_the_runners_inference_is_right_where_mlflows_is_not(
    outcomes: dict[str, dict[str, tuple[bool, str]]], what: str
) -> None:
    assert not outcomes[what]["mlflow"][0], outcomes[what]["mlflow"][1]
    assert outcomes[what]["extended"][0], outcomes[what]["extended"][1]


@pytest.mark.skipif(
    transformers_version().startswith("5."), reason="the page is of the reference, transformers 4"
)
def test_the_page_says_what_both_gave(outcomes: dict[str, dict[str, tuple[bool, str]]]) -> None:
    rows = [
        f"| {what} | {escaped(sides['mlflow'][1])} | {escaped(sides['extended'][1])} |"
        for what, sides in outcomes.items()
    ]
    start, stop = "<!-- cases -->\n", "\n<!-- end -->"
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(start)
    written = f"{before}{start}{HEADER}" + "\n".join(rows) + stop + rest.partition(stop)[2]
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written, "UPDATE_DOCS=1 writes it anew"


HEADER = "| case | MLflow's code | the runner's code |\n|---|---|---|\n"


def escaped(text: str) -> str:
    """Fit a text into a cell."""
    short = text if len(text) <= 140 else text[:139] + "…"
    return short.replace("|", "\\|")
