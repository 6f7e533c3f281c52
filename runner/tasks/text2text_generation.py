"""text2text-generation: a text in, another text out."""

from typing import Any

from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"]


TASK = Task(
    name="text2text-generation",
    summary="turns a text into another",
    auto_model="AutoModelForSeq2SeqLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="Translate English to French: the weather is wonderful today.",
    answer=_answer,
    prompt_template=True,
)
