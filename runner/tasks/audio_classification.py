"""audio-classification: a recording in, labels with their scores out."""

from typing import Any

from runner.tasks.answer_forms import best_one, best_or_list
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Column, Task
from runner.tasks.scoring import labels


def _answer(raw: Any) -> Any:
    return [{"score": best["score"], "label": best["label"]} for best in raw]


TASK = Task(
    name="audio-classification",
    summary="labels a recording",
    auto_model="AutoModelForAudioClassification",
    inputs=(Column("binary", media="audio"),),
    outputs=(Column("double", "score"), Column("string", "label")),
    example="speech.wav",
    answer=_answer,
    inference="audio:AudioClassification",
    form="labels",
    every_label=True,
    scored=labels,
    scored_with={"return_scores": True},
    cut="seconds",
    arguments=RETURN_SCORES,
    answer_form=best_or_list,
    agreement=best_one,
    components=("feature_extractor",),
    input_types=("bytes", "path", "array"),
    batches=False,
)
