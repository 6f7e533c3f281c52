"""llm/v1/completions: a request of the completions protocol in, its response out."""

from typing import Any

from runner.tasks.base import Call, Column, Task


def _call(row: Any) -> Call:
    limits = {"max_new_tokens": row["max_tokens"]} if row.get("max_tokens") else {}
    return (row["prompt"],), {"return_full_text": False, **limits}


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"]


TASK = Task(
    name="llm/v1/completions",
    summary="answers requests of the completions protocol",
    auto_model="AutoModelForCausalLM",
    inputs=(
        Column("string", "prompt"),
        Column("double", "temperature", required=False),
        Column("long", "max_tokens", required=False),
        Column("object", "stop", required=False),
        Column("long", "n", required=False),
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
    call=_call,
    pipeline="text-generation",
    mlflow_schema="COMPLETIONS_MODEL",
    batches=False,
    streams=True,
)
