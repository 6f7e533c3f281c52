"""feature-extraction: text in, the model's hidden states out."""

from typing import Any

from runner.tasks.arguments import Argument
from runner.tasks.base import Column, Task, Tensor
from runner.tasks.scoring import vector


def _answer(raw: Any) -> Any:
    return raw[0]


TASK = Task(
    name="feature-extraction",
    summary="embeddings: the model's hidden states for a text",
    auto_model="AutoModel",
    inputs=(Column("string"),),
    outputs=(Tensor("float64", (-1,), "double"),),
    example="A man is eating food.",
    answer=_answer,
    inference="embeddings:Embeddings",
    form="vector",
    scored=vector,
    cut="truncation",
    agreement=None,
    arguments={
        "pooling": Argument(("text",), null=True, choices=("mean", "cls", "last", "none")),
        "normalize": Argument(("boolean",), null=True),
    },
    optional_weights=("pooler",),
    prompt_template=True,
    limitations={
        "rows": "MLflow's wrapper returns the hidden states of the first input only",
        "columns": "MLflow's wrapper returns a row per token, not one vector per input",
    },
)
