"""fill-mask: text with a masked token in, the most likely token out."""

from typing import Any

from runner.tasks.answer_forms import best_or_list_or_json
from runner.tasks.arguments import RETURN_SCORES
from runner.tasks.base import Column, Task
from runner.tasks.scoring import tokens


def _answer(raw: Any) -> Any:
    if isinstance(raw[0], list):  # a text with several masks
        return [_answer(mask) for mask in raw]
    return raw[0]["token_str"].strip()


TASK = Task(
    name="fill-mask",
    summary="fills in a masked token",
    auto_model="AutoModelForMaskedLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="MLflow is a [MASK] tool.",
    special_tokens={"mask_token": "[MASK]"},
    answer=_answer,
    inference="pipelines:FillMask",
    form="labels",
    scored=tokens,
    scored_with={"return_scores": True},
    cut="tokenizer_kwargs",
    arguments=RETURN_SCORES,
    answer_form=best_or_list_or_json,
    prompt_template=True,
)
