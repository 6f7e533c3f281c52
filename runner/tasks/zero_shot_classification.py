"""zero-shot-classification: a text and labels in, a score for each label out."""

from typing import Any

from runner.tasks.base import Column, Task
from runner.tasks.forms import structured
from runner.tasks.scoring import labels


def _answer(raw: Any) -> Any:
    scored = zip(raw["labels"], raw["scores"], strict=True)
    return [{"sequence": raw["sequence"], "labels": lb, "scores": sc} for lb, sc in scored]


def _rows(given: Any) -> int:
    labels = structured(given["candidate_labels"])
    return len(
        [one for one in labels.split(",") if one.strip()] if isinstance(labels, str) else labels
    )


def _scored(answer: Any) -> Any:
    return labels(answer, "labels", "scores")


TASK = Task(
    name="zero-shot-classification",
    summary="scores a text against labels it was not trained on",
    auto_model="AutoModelForSequenceClassification",
    inputs=(
        Column("string", "sequences"),
        Column("string", "candidate_labels"),
        Column("string", "hypothesis_template", required=False, strict=True),
    ),
    outputs=(
        Column("string", "sequence"),
        Column("string", "labels"),
        Column("double", "scores"),
    ),
    example={
        "sequences": "My dog loves to eat spaghetti.",
        "candidate_labels": ["happy", "sad"],
        "hypothesis_template": "This example talks about how the dog is {}.",
    },
    answer=_answer,
    form="labels",
    every_label=True,
    label="entail",
    scored=_scored,
    inference="zero_shot:ZeroShot",
    json_columns=("candidate_labels",),
    rows=_rows,
)
