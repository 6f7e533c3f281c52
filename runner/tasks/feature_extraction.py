"""feature-extraction: text in, the model's hidden states out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from runner.pyfunc.sentences import POOLINGS
from runner.tasks.arguments import Argument
from runner.tasks.base import Column, Task, Tensor
from runner.tasks.scoring import vector
from runner.tasks.ways import WAYS_OF_VECTORS

OF_VECTORS: Mapping[str, Argument] = MappingProxyType({
    "normalize": Argument(("boolean",), null=True),
    "prompt_name": Argument(("text",), null=True),
    "prompt": Argument(("text",), null=True),
    "truncate_dim": Argument(("integer",), null=True, least=1),
})  # fmt: skip
"""What is taken beside the pooling, wherever texts become vectors."""


def _answer(raw: Any) -> Any:
    return raw[0]


TASK = Task(
    name="feature-extraction",
    summary="embeddings: the model's hidden states for a text",
    auto_model=("AutoModelForTextEncoding", "AutoModel"),
    inputs=(Column("string"),),
    outputs=(Tensor("float64", (-1,), "double"),),
    example="A man is eating food.",
    answer=_answer,
    inference="embeddings:Embeddings",
    form="vector",
    ways=WAYS_OF_VECTORS,
    scored=vector,
    cut="truncation",
    agreement=None,
    arguments={
        "pooling": Argument(("text", "list"), null=True, choices=(*POOLINGS, "last", "none")),
        **OF_VECTORS,
    },
    sentence_modules=True,
    optional_weights=("pooler",),
    prompt_template=True,
    limitations={
        "rows": "MLflow's wrapper returns the hidden states of the first input only",
        "columns": "MLflow's wrapper returns a row per token, not one vector per input",
    },
)
