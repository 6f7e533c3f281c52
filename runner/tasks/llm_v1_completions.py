"""llm/v1/completions: a request of the completions protocol in, its response out."""

from typing import Any

from runner.tasks.arguments import Argument
from runner.tasks.base import Call, Column, Task
from runner.tasks.text_generation import TASK as _TEXT_GENERATION


def _call(row: Any) -> Call:
    limits = {"max_new_tokens": row["max_tokens"]} if row.get("max_tokens") else {}
    return (row["prompt"],), {"return_full_text": False, **limits}


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"]


def _scored(answer: Any) -> Any:
    return answer["choices"][0]["text"] if isinstance(answer, dict) else answer


def _agreement(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    return _scored(row), answer


TASK = Task(
    name="llm/v1/completions",
    summary="answers requests of the completions protocol",
    auto_model="AutoModelForCausalLM",
    inputs=(
        Column("string", "prompt"),
        Column("double", "temperature", required=False, least=0),
        Column("long", "max_tokens", required=False, least=1),
        Column("object", "stop", required=False),
        Column("long", "n", required=False, least=1),
        Column("boolean", "stream", required=False),
    ),
    outputs=(
        Column("string", "id"),
        Column("string", "object"),
        Column("long", "created"),
        Column("string", "model"),
        Column("object", "choices"),
        Column("object", "usage"),
    ),
    example={"prompt": "What is MLflow?", "max_tokens": 16},
    answer=_answer,
    inference="protocols:Completions",
    form="text",
    scored=_scored,
    cut="prompt",
    agreement=_agreement,
    generates=True,
    arguments={"stop": Argument(("text", "list"), null=True)},
    call=_call,
    pipeline=_TEXT_GENERATION.name,
    prompt_template=True,
    mlflow_schema="COMPLETIONS_MODEL",
    endpoint="completions",
    batches=False,
    streams=True,
)
