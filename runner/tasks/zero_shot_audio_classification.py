"""zero-shot-audio-classification: a recording and labels in, a score for each label out."""

from typing import Any

from runner.tasks.base import Call, Column, Task


def _call(row: Any) -> Call:
    return (row["audio"],), {k: v for k, v in row.items() if k != "audio"}


def _answer(raw: Any) -> Any:
    return {name: [one[name] for one in raw] for name in ("label", "score")}


TASK = Task(
    name="zero-shot-audio-classification",
    summary="scores a recording against labels it was not trained on",
    auto_model="AutoModel",
    inputs=(
        Column("string", "audio", media="audio"),
        Column("string", "candidate_labels"),
        Column("string", "hypothesis_template", required=False),
    ),
    outputs=(
        Column("string", "label", many=True),
        Column("double", "score", many=True),
    ),
    example={"audio": "speech.wav", "candidate_labels": ["a dog", "a vacuum cleaner"]},
    call=_call,
    answer=_answer,
    inference="audio:ZeroShotAudio",
    components=("tokenizer", "feature_extractor"),
    json_columns=("candidate_labels",),
    pyfunc=False,
)
