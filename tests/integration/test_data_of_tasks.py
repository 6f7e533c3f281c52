"""Rows of each kind of task in a file of cells: what is measured is what plain MLflow answers."""

import base64
import csv
import json
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jiwer
import mlflow
import numpy as np
import pandas as pd
import pytest
import sacrebleu
import yaml

from runner import compose, evaluate, run
from runner.metrics.rouge import import_rouge
from tests.pyfunc.media import picture, recording

Native = Callable[[Any, Mapping[str, Any]], Any]
"""Asks MLflow's native model for a row, and gives the answer as a target says it."""
ROWS, RIGHT = 4, 2
"""The right ones have what the model answers as their target, the others what it never answers."""


@dataclass(frozen=True)
class Case:
    """How rows of a task are written, and by what they are measured.

    Args:
        inputs: The columns, as the dataset names them.
        rows: Cells of the columns.
        native: How a pipeline is asked for one.
        metric: Name of the metric.
        wrong: A target that is never right; None where every row is right.
        recipe: Beside what the task's shipped recipe says.
        value: The metric, of answers and targets, as another package or a count has it.
    """

    inputs: str | Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    native: Native
    metric: str
    wrong: Any = "never answered"
    recipe: Mapping[str, Any] = field(default_factory=dict[str, Any])
    value: Callable[[Sequence[Any], Sequence[Any]], float] = lambda _answers, _right: RIGHT / ROWS


SHORT = {"max_new_tokens": 6, "do_sample": False}
TEXTS = ("a man is eating food", "the dog sleeps", "two old trees", "birds sing outside now")
PEOPLE = {"name": ["Ann", "Bo"], "age": ["31", "7"]}


def _entities(pipe: Any, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = pipe(row["said"], aggregation_strategy="simple")
    return [{"label": e["entity_group"], "start": e["start"], "end": e["end"]} for e in found]


def _recalled(answers: Sequence[Any], right: Sequence[Any]) -> float:
    return sum(map(len, answers[:RIGHT])) / sum(map(len, right))


def _rouge(answers: Sequence[str], right: Sequence[str]) -> float:
    scorer = import_rouge().RougeScorer(["rouge1"])
    scores = [scorer.score(*pair)["rouge1"].fmeasure for pair in zip(right, answers, strict=True)]
    return sum(scores) / len(scores)


def _chrf(answers: Sequence[str], right: Sequence[str]) -> float:
    return sacrebleu.corpus_chrf(list(answers), [list(right)]).score


def _wer(answers: Sequence[str], right: Sequence[str]) -> float:
    return jiwer.wer(list(right), list(answers))


def _boxes(pipe: Any, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{k: one[k] for k in ("label", "box")} for one in pipe(row["picture"], threshold=0.1)]


def _samples(file: str) -> Any:
    """Read a recording of 16 kHz as its samples, for a pipeline without ffmpeg."""
    with wave.open(file) as opened:
        content = opened.readframes(opened.getnframes())
    return np.frombuffer(content, "<i2").astype(np.float32) / 32768


def _chat(pipe: Any, row: Mapping[str, Any]) -> str:
    talk = row.get("talk") or [{"role": "user", "content": row["said"]}]
    told = pipe(talk, max_new_tokens=4, do_sample=False)
    return told[0]["generated_text"][-1]["content"]


CASES = {
    "question-answering": Case(
        {"question": "q", "context": "passage"},
        [{"q": "Who is it?", "passage": text} for text in TEXTS],
        lambda pipe, row: pipe(question=row["q"], context=row["passage"])["answer"],
        "exact_match",
    ),
    "token-classification": Case(
        "said", [{"said": text} for text in TEXTS], _entities, "entity_recall",
        [{"label": "NONE", "start": 0, "end": 1}], value=_recalled,
    ),
    "table-question-answering": Case(
        {"query": "q", "table": "facts"},
        [{"q": f"how {word}?", "facts": PEOPLE} for word in ("old", "tall", "far", "many")],
        lambda pipe, row: pipe(table=pd.DataFrame(row["facts"]), query=row["q"])["answer"],
        "exact_match",
    ),
    "zero-shot-classification": Case(
        {"sequences": "said", "candidate_labels": "among"},
        [{"said": text, "among": ["food", "animals", "work"]} for text in TEXTS],
        lambda pipe, row: pipe(row["said"], row["among"])["labels"][0],
        "accuracy", "work of another kind",
    ),
    "fill-mask": Case(
        "said", [{"said": f"{text} [MASK] ."} for text in TEXTS],
        lambda pipe, row: pipe(row["said"])[0]["token_str"], "mrr",
    ),
    "llm-v1-chat": Case(
        {"messages": "talk"},
        [{"talk": [{"role": "user", "content": text}]} for text in TEXTS],
        _chat, "exact_match", recipe={"model_config": {"max_new_tokens": 4, "do_sample": False}},
    ),
    "visual-question-answering": Case(
        {"image": "picture", "question": "q"},
        [{"picture": f"{n}.png", "q": "Is it?"} for n in range(ROWS)],
        lambda pipe, row: pipe(image=row["picture"], question=row["q"], top_k=1)[0]["answer"],
        "exact_match",
    ),
    "object-detection": Case(
        "picture", [{"picture": f"{n}.png"} for n in range(ROWS)],
        _boxes, "map", None, value=lambda _answers, _right: 1.0,
    ),
    "summarization": Case(
        "article", [{"article": text} for text in TEXTS],
        lambda pipe, row: pipe(row["article"], **SHORT)[0]["summary_text"],
        "rouge1", recipe={"model_config": SHORT}, value=_rouge,
    ),
    "translation": Case(
        "english", [{"english": text} for text in TEXTS],
        lambda pipe, row: pipe(row["english"], **SHORT)[0]["translation_text"],
        "chrf", recipe={"model_config": SHORT}, value=_chrf,
    ),
    "document-question-answering": Case(
        {"image": "scan", "question": "q", "word_boxes": "read"},
        [
            {"scan": f"{n}.png", "q": "How much?", "read": [[w, [9, 9, 99, 29]] for w in t.split()]}
            for n, t in enumerate(TEXTS)
        ],
        lambda pipe, row: pipe(
            image=row["scan"], question=row["q"], word_boxes=row["read"]
        )[0]["answer"],
        "exact_match",
    ),
    "conversational": Case(
        "said", [{"said": text} for text in TEXTS], _chat,
        "exact_match", recipe={"model_config": {"max_new_tokens": 4, "do_sample": False}},
    ),
    "automatic-speech-recognition": Case(
        "clip", [{"clip": f"{n}.wav"} for n in range(ROWS)],
        lambda pipe, row: pipe(_samples(row["clip"]))["text"], "wer", value=_wer,
    ),
}  # fmt: skip


def _cell(value: Any) -> Any:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("name", CASES)
def test_rows_of_a_task_are_measured_as_plain_mlflow_answers_them(
    workspace: Path, name: str
) -> None:
    case = CASES[name]
    for n in range(ROWS):
        Path(f"{n}.png").write_bytes(base64.b64decode(picture(32, 32, n)))
        Path(f"{n}.wav").write_bytes(recording(8_000 + n, n))
    written = {"defaults": [f"/recipe/{name}/scratch", "_self_"], **case.recipe}
    Path("made.yaml").write_text(yaml.safe_dump({**written, "evaluation": {"views": []}}))
    model = run(compose("made.yaml", "tracking.uri=null")).model
    pipe = mlflow.transformers.load_model(model)
    answers = [case.native(pipe, row) for row in case.rows]
    assert all(answers), answers
    wrong = [case.wrong] * (ROWS - RIGHT) if case.wrong is not None else answers[RIGHT:]
    targets = [*answers[:RIGHT], *wrong]
    with Path("rows.csv").open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow([*case.rows[0], "right"])
        for row, target in zip(case.rows, targets, strict=True):
            writer.writerow([*map(_cell, row.values()), _cell(target)])
    dataset = {"path": "rows.csv", "inputs": case.inputs, "target": "right"}
    asked = {**written, "evaluation": {"dataset": dataset, "metrics": [case.metric]}}
    Path("asked.yaml").write_text(yaml.safe_dump(asked))
    found = evaluate(model, compose("asked.yaml", "tracking.uri=null")).evaluation
    assert found is not None
    score, *_ = found.scores  # of boxes and entities each label has a part
    assert (score.name, score.rows) == (case.metric, ROWS)
    assert score.value == pytest.approx(case.value(answers, targets))
