"""automatic-speech-recognition: recorded speech in, what is said out."""

from typing import Any

from runner.tasks.answer_forms import text_or_timed
from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw["text"]


TASK = Task(
    name="automatic-speech-recognition",
    summary="writes down what is said in a recording",
    auto_model=("AutoModelForSpeechSeq2Seq", "AutoModelForCTC"),
    inputs=(Column("binary", media="audio"),),
    outputs=(Column("string"),),
    example="speech.wav",
    answer=_answer,
    inference="audio:SpeechRecognition",
    form="text",
    cut="return_timestamps",
    answer_form=text_or_timed,
    components=("feature_extractor", "tokenizer"),
    input_types=("bytes", "path", "array"),
)
