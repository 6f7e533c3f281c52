"""llm/v1/embeddings: a request of the embeddings protocol in, its response out."""

from typing import Any

from runner.tasks.arguments import Argument
from runner.tasks.base import Call, Column, Task
from runner.tasks.feature_extraction import TASK as _FEATURE_EXTRACTION


def _call(row: Any) -> Call:
    return (row["input"],), {}


def _answer(raw: Any) -> Any:
    return raw[0]


TASK = Task(
    name="llm/v1/embeddings",
    summary="answers requests of the embeddings protocol",
    auto_model="AutoModel",
    inputs=(Column("string", "input"),),
    outputs=(Column("string", "object"), Column("object", "data"), Column("object", "usage")),
    example={"input": "A man is eating food."},
    answer=_answer,
    inference="embeddings:EmbeddingsProtocol",
    cut="truncation",
    agreement=None,
    arguments={
        "pooling": Argument(("text",), null=True, choices=("mean", "cls", "last")),
        "normalize": Argument(("boolean",), null=True),
    },
    call=_call,
    pipeline=_FEATURE_EXTRACTION.name,
    mlflow_schema="EMBEDDING_MODEL",
    batches=False,
    optional_weights=("pooler",),
)
