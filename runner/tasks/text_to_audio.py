"""text-to-audio: a text in, a recording of it out."""

from typing import Any

from runner.tasks.base import Column, Task, Tensor


def _answer(raw: Any) -> Any:
    return raw["audio"].reshape(-1)


TASK = Task(
    name="text-to-audio",
    summary="speaks a text",
    auto_model=("AutoModelForTextToWaveform", "AutoModelForTextToSpectrogram"),
    inputs=(Column("string"),),
    outputs=(Tensor("float32", (-1,)),),
    example="MLflow is great!",
    answer=_answer,
    pyfunc=False,
    extended=False,
)
