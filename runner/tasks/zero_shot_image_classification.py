"""zero-shot-image-classification: an image and labels in, a score for each label out."""

from typing import Any

from runner.tasks.base import Column, Task
from runner.tasks.scoring import labels


def _answer(raw: Any) -> Any:
    return {name: [one[name] for one in raw] for name in ("label", "score")}


TASK = Task(
    name="zero-shot-image-classification",
    summary="scores an image against labels it was not trained on",
    auto_model="AutoModelForZeroShotImageClassification",
    inputs=(Column("string", "image", media="image"), Column("string", "candidate_labels")),
    outputs=(
        Column("string", "label", many=True),
        Column("double", "score", many=True),
    ),
    example={"image": "image.png", "candidate_labels": ["a cat", "a dog"]},
    answer=_answer,
    inference="vision:ZeroShotImageClassification",
    form="labels",
    every_label=True,
    scored=labels,
    components=("tokenizer", "image_processor"),
    json_columns=("candidate_labels",),
    pyfunc=False,
)
