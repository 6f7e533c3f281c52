"""text-generation: a prompt in, its continuation out."""

from typing import Any

from runner.tasks.answer_forms import one_or_several
from runner.tasks.arguments import Argument
from runner.tasks.base import Column, Task
from runner.tasks.ways import WAYS_OF_LANGUAGE_MODELS


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"]


TASK = Task(
    name="text-generation",
    summary="continues a prompt",
    auto_model="AutoModelForCausalLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="What is MLflow?",
    answer=_answer,
    inference="generation:TextGeneration",
    form="text",
    ways=WAYS_OF_LANGUAGE_MODELS,
    scored_with={"include_prompt": False},
    cut="prompt",
    generates=True,
    answer_form=one_or_several,
    arguments={
        "include_prompt": Argument(("boolean",), mlflow=True),
        "collapse_whitespace": Argument(("boolean",), mlflow=True),
        "stop": Argument(("text", "list"), null=True),
    },
    with_template={"return_full_text": False},
    prompt_template=True,
    streams=True,
)
