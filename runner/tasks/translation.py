"""translation: a text in, its translation out; ``translation_xx_to_yy`` names the languages."""

import re
from dataclasses import replace
from typing import Any

from runner.tasks.base import Column, Task

_PAIR = re.compile(r"translation_[a-z]{2,3}_to_[a-z]{2,3}")


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
)


def variant(name: str) -> Task | None:
    """Give the task of a pair of languages, such as ``translation_en_to_fr``."""
    return replace(TASK, name=name) if _PAIR.fullmatch(name) else None
