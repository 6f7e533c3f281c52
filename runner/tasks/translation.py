"""translation: a text in, its translation out; ``translation_xx_to_yy`` names the languages."""

from typing import Any

from runner.tasks.answer_forms import one_or_several
from runner.tasks.arguments import Argument
from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw[0]["translation_text"]


TASK = Task(
    name="translation",
    summary="translates a text; translation_en_to_fr and the like name the languages",
    auto_model="AutoModelForSeq2SeqLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="MLflow is great!",
    answer=_answer,
    inference="text_to_text:Translation",
    form="text",
    cut="truncation",
    generates=True,
    answer_form=one_or_several,
    arguments={
        "collapse_whitespace": Argument(("boolean",)),
        "src_lang": Argument(("text",), null=True),
        "tgt_lang": Argument(("text",), null=True),
    },
    languages=True,
    gone_in="5.0",
    variants="translation_[a-z]{2,3}_to_[a-z]{2,3}",
)
