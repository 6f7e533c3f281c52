"""text-to-audio: a text in, a recording of it out."""

from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return {"audio": raw["audio"].reshape(-1), "sampling_rate": raw["sampling_rate"]}


TASK = Task(
    name="text-to-audio",
    summary="speaks a text",
    auto_model=("AutoModelForTextToWaveform", "AutoModelForTextToSpectrogram"),
    inputs=(Column("string"),),
    outputs=(Column("float", "audio", many=True), Column("long", "sampling_rate")),
    example="MLflow is great!",
    answer=_answer,
    inference="audio:TextToAudio",
    pyfunc=False,
)
