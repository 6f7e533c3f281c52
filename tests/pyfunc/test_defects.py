"""Each known defect of MLflow's inference code, and what the runner's does: docs/inference.md."""

from collections.abc import Callable, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from runner.evaluation.samples import sample_file
from runner.tasks import get_task
from runner.upstream.transformers_source import has_pipeline, transformers_version
from tests.conftest import REPOSITORY
from tests.pages import hold_tables, table

PAGE = REPOSITORY / "docs" / "inference.md"
TWO = ["My dog", "What is MLflow?"]
NO_ENTITY = {"aggregation_strategy": "simple", "ignore_labels": ["O", "PER"]}
CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "My dog"}], "max_tokens": 3}


def shown(output: Any) -> str:
    """Describe an output in a few words that do not change from call to call."""
    match output:
        case pd.DataFrame():
            return f"a table of {count(output, 'row')}: {', '.join(map(str, output.columns))}"
        case np.ndarray():
            return f"an array of shape {list(output.shape)}"
        case [dict() as first, *_]:
            return count(first.get("choices", []), "choice")
        case list():
            kinds = [count(row if isinstance(row, list) else [row], "text") for row in output]
            return f"{count(output, 'row')}: {', '.join(kinds)}"
        case _:
            return type(output).__name__


def count(things: Sized, kind: str) -> str:
    """Count, in words."""
    return f"{len(things)} {kind}{'s' * (len(things) != 1)}"


def asked_by(output: Any) -> str:
    """Say which prompt each text of the answer is for."""
    rows = [row if isinstance(row, list) else [row] for row in output]
    prompts = [[next(p for p in TWO if text.startswith(p)) for text in row] for row in rows]
    return f"{count(rows, 'row')}: " + "; ".join(" and ".join(row) for row in prompts)


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
        ours: Still more of the recipe, which only the runner can do.
        tell: Says what an output is.
    """

    what: str
    task: str
    rows: Any
    right: Callable[[Any], bool]
    changes: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] | None = None
    ours: dict[str, Any] = field(default_factory=dict)
    tell: Callable[[Any], str] = shown


DEFECTS = [
    Defect(
        "two sequences for each of two prompts", "text-generation", TWO,
        lambda out: [len(row) for row in out] == [2, 2]
        and all(text.startswith(p) for p, row in zip(TWO, out, strict=True) for text in row),
        {"model_config": {"num_return_sequences": 2, "num_beams": 2, "max_new_tokens": 2}},
        tell=asked_by,
    ),
    Defect(
        "embeddings of two texts", "feature-extraction", TWO,
        lambda out: np.asarray(out).shape == (2, 32),
    ),
    Defect(
        "a text without an entity", "token-classification", ["My dog"],
        lambda out: out == [""], {"model_config": NO_ENTITY},
        tell=lambda out: f"1 row: {out[0]!r}",
    ),
    Defect(
        "the best two labels of two texts (top_k: 2)", "text-classification", TWO,
        lambda out: list(out.columns) == ["label", "score"] and len(out) == 2,
        {"params": {"top_k": 2}},
        tell=lambda out: f"{shown(out)}; the first cell is a {type(out.iloc[0, 0]).__name__}",
    ),
    Defect(
        "the label of an image", "image-classification", ["{image}"],
        lambda out: list(out.columns) == ["label", "score"] and len(out) == 1,
    ),
    Defect(
        "zero-shot labels without a hypothesis_template", "zero-shot-classification",
        {"sequences": "My dog", "candidate_labels": '["a", "b"]'},
        lambda out: len(out) == 2,
    ),
    Defect(
        "the same text twice for zero-shot: a table row a label", "zero-shot-classification",
        [{"sequences": t, "candidate_labels": '["a", "b"]', "hypothesis_template": "It is {}."}
         for t in ("My dog", "My dog")],
        lambda out: len(out) == 4,
    ),
    Defect(
        "the same question of a table twice", "table-question-answering",
        [{"query": "What is it?", "table": '{"product": ["tea"], "sold": ["25"]}'}] * 2,
        lambda out: len(out) == 2 and out[0] == out[1],
    ),
    Defect(
        "a recording as an array of numbers", "automatic-speech-recognition",
        np.zeros(16_000, dtype=np.float32),
        lambda out: len(out) == 1 and isinstance(out[0], str), ours={"input_type": "array"},
    ),
    Defect(
        "an answer without its prompt (include_prompt: false)", "text-generation", ["My dog"],
        lambda out: not out[0].startswith("My dog"),
        {"model_config": {"include_prompt": False, "do_sample": False, "max_new_tokens": 3}},
        tell=lambda out: f"the answer{', with its prompt' * out[0].startswith('My dog')}",
    ),
    Defect(
        "two answers of a chat (n: 2)", "llm/v1/chat", {**CHAT, "n": 2, "temperature": 1.0},
        lambda out: len(out[0]["choices"]) == 2,
    ),
    Defect(
        "a chat request that says stream: true", "llm/v1/chat", {**CHAT, "stream": True},
        lambda out: len(out[0]["choices"]) == 1,
    ),
    Defect(
        "a penalty on saying it again (frequency_penalty) in a chat", "llm/v1/chat",
        {**CHAT, "max_tokens": 8, "frequency_penalty": 1.5},
        lambda out: out[0]["choices"][0]["message"]["content"] != "",
    ),
    Defect(
        "a stop word of a chat model that is not on the hub", "llm/v1/completions",
        {"prompt": "What is MLflow?", "max_tokens": 6, "stop": ["tla"]},
        lambda out: "tla" not in out[0]["choices"][0]["text"],
    ),
    Defect("a caption of an image", "image-to-text", ["{image}"], lambda out: len(out) == 1),
    Defect(
        "an answer about an image", "visual-question-answering",
        [{"image": "{image}", "question": "What is this?"}], lambda out: len(out) == 1,
    ),
]  # fmt: skip


def filled(rows: Any, folder: Path) -> Any:
    """Put sample files in place of the words in braces."""
    match rows:
        case str() if rows == "{image}":
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
    changes = {**defect.changes, **(defect.ours if pyfunc == "extended" else {})}
    path = saved(defect.task, pyfunc=pyfunc, **changes)
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
    return right, defect.tell(output)


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
    rows = [(what, sides["mlflow"][1], sides["extended"][1]) for what, sides in outcomes.items()]
    hold_tables(PAGE, {"inference": table(("case", "MLflow's code", "the runner's code"), rows)})
