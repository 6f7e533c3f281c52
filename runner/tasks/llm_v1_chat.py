"""llm/v1/chat: a request of the chat completions protocol in, its response out."""

from typing import Any

from runner.tasks.base import Call, Column, Task


def _call(row: Any) -> Call:
    limits = {"max_new_tokens": row["max_tokens"]} if row.get("max_tokens") else {}
    return (row["messages"],), limits


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"][-1]["content"]


TASK = Task(
    name="llm/v1/chat",
    summary="answers requests of the chat completions protocol",
    auto_model="AutoModelForCausalLM",
    inputs=(
        Column("object", "messages"),
        Column("double", "temperature", required=False),
        Column("long", "max_tokens", required=False),
        Column("object", "stop", required=False),
        Column("long", "n", required=False),
        Column("boolean", "stream", required=False),
        Column("double", "top_p", required=False),
        Column("long", "top_k", required=False),
        Column("double", "frequency_penalty", required=False),
        Column("double", "presence_penalty", required=False),
        Column("object", "tools", required=False),
        Column("object", "custom_inputs", required=False),
    ),
    outputs=(
        Column("string", "id"),
        Column("string", "object"),
        Column("long", "created"),
        Column("string", "model"),
        Column("object", "choices"),
        Column("object", "usage"),
    ),
    example={"messages": [{"role": "user", "content": "What is MLflow?"}], "max_tokens": 16},
    answer=_answer,
    call=_call,
    pipeline="text-generation",
    mlflow_schema="CHAT_MODEL",
    batches=False,
    streams=True,
)
