"""video-classification: a video in, labels with their scores out."""

from typing import Any

from runner.tasks.answer_forms import best_one, best_or_list
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Column, Task
from runner.tasks.scoring import labels


def _answer(raw: Any) -> Any:
    return [{"label": best["label"], "score": best["score"]} for best in raw]


TASK = Task(
    name="video-classification",
    summary="labels a video",
    auto_model="AutoModelForVideoClassification",
    inputs=(Column("string", media="video"),),
    outputs=(Column("string", "label"), Column("double", "score")),
    example="video.mp4",
    answer=_answer,
    inference="videos:VideoClassification",
    form="labels",
    every_label=True,
    scored=labels,
    scored_with={"return_scores": True},
    arguments=RETURN_SCORES,
    answer_form=best_or_list,
    agreement=best_one,
    components=("image_processor",),
    pyfunc=False,
)
