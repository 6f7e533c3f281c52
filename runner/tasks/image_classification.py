"""image-classification: an image in, labels with their scores out."""

from typing import Any

from runner.tasks.answer_forms import best_one, best_or_list
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Column, Task
from runner.tasks.scoring import labels


def _answer(raw: Any) -> Any:
    return [{"label": best["label"], "score": best["score"]} for best in raw]


TASK = Task(
    name="image-classification",
    summary="labels an image",
    auto_model="AutoModelForImageClassification",
    inputs=(Column("string", media="image"),),
    outputs=(Column("string", "label"), Column("double", "score")),
    example="image.png",
    answer=_answer,
    inference="vision:ImageClassification",
    form="labels",
    every_label=True,
    scored=labels,
    scored_with={"return_scores": True},
    arguments=RETURN_SCORES,
    answer_form=best_or_list,
    agreement=best_one,
    components=("image_processor",),
    batches=False,
    limitations={
        "columns": "MLflow's wrapper names the columns by number and puts label and score in one",
        "types": "MLflow's wrapper puts label and score in one column",
    },
)
