"""llm/v1/chat: a request of the chat completions protocol in, its response out."""

from typing import Any

from runner.tasks.arguments import Argument
from runner.tasks.base import Call, Column, Task
from runner.tasks.text_generation import TASK as _TEXT_GENERATION


def _call(row: Any) -> Call:
    limits = {"max_new_tokens": row["max_tokens"]} if row.get("max_tokens") else {}
    return (row["messages"],), limits


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"][-1]["content"]


def _scored(answer: Any) -> Any:
    return answer["choices"][0]["message"]["content"] if isinstance(answer, dict) else answer


def _agreement(given: Any, row: Any, answer: Any) -> tuple[Any, Any]:
    return _scored(row), answer


TASK = Task(
    name="llm/v1/chat",
    summary="answers requests of the chat completions protocol",
    auto_model="AutoModelForCausalLM",
    inputs=(
        Column("object", "messages"),
        Column("double", "temperature", required=False, least=0),
        Column("long", "max_tokens", required=False, least=1),
        Column("object", "stop", required=False),
        Column("long", "n", required=False, least=1),
        Column("boolean", "stream", required=False),
        Column("double", "top_p", required=False, least=0, most=1),
        Column("long", "top_k", required=False, least=1),
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
    inference="protocols:Chat",
    form="text",
    scored=_scored,
    cut="prompt",
    agreement=_agreement,
    generates=True,
    arguments={"stop": Argument(("text", "list"), null=True)},
    call=_call,
    pipeline=_TEXT_GENERATION.name,
    mlflow_schema="CHAT_MODEL",
    endpoint="chat/completions",
    batches=False,
    streams=True,
)
