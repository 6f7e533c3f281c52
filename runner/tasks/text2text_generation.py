"""text2text-generation: a text in, another text out."""

from typing import Any

from runner.tasks.answer_forms import one_or_several
from runner.tasks.arguments import Argument
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
    inference="text_to_text:TextToText",
    form="text",
    cut="truncation",
    generates=True,
    answer_form=one_or_several,
    arguments={
        "collapse_whitespace": Argument(("boolean",)),
        "src_lang": Argument(("text",), null=True),
        "tgt_lang": Argument(("text",), null=True),
    },
    gone_in="5.0",
    prompt_template=True,
)
