"""llm/v1/embeddings: a request of the embeddings protocol in, its response out."""

from typing import Any

from runner.pyfunc.sentences import POOLINGS
from runner.tasks.arguments import Argument
from runner.tasks.base import Call, Column, Task
from runner.tasks.feature_extraction import OF_VECTORS
from runner.tasks.feature_extraction import TASK as _FEATURE_EXTRACTION
from runner.tasks.scoring import vector
from runner.tasks.ways import WAYS_OF_VECTORS


def _call(row: Any) -> Call:
    return (row["input"],), {}


def _answer(raw: Any) -> Any:
    several = isinstance(raw[0][0][0], list)
    return [one[0] for one in raw] if several else raw[0]


def _vector(answer: Any) -> Any:
    """Give the vector of an answer, a response or hidden states; a list of several texts'."""
    if not isinstance(answer, dict):
        return vector(answer)
    found = [vector(one["embedding"]) for one in answer["data"]]
    return found[0] if len(found) == 1 else found


TASK = Task(
    name="llm/v1/embeddings",
    summary="answers requests of the embeddings protocol",
    auto_model=_FEATURE_EXTRACTION.auto_model,
    inputs=(Column("string", "input", listed=True),),
    outputs=(Column("string", "object"), Column("object", "data"), Column("object", "usage")),
    example={"input": "A man is eating food."},
    answer=_answer,
    inference="embeddings:EmbeddingsProtocol",
    form="vector",
    ways=WAYS_OF_VECTORS,
    scored=_vector,
    cut="truncation",
    agreement=None,
    arguments={
        "pooling": Argument(("text", "list"), null=True, choices=(*POOLINGS, "last")),
        **OF_VECTORS,
    },
    sentence_modules=True,
    call=_call,
    pipeline=_FEATURE_EXTRACTION.name,
    mlflow_schema="EMBEDDING_MODEL",
    endpoint="embeddings",
    batches=False,
    optional_weights=("pooler",),
)
