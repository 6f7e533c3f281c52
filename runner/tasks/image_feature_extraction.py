"""image-feature-extraction: an image in, the model's hidden states out."""

from typing import Any

from runner.tasks.arguments import Argument
from runner.tasks.base import Column, Task, Tensor
from runner.tasks.scoring import vector
from runner.tasks.ways import WAYS_OF_VECTORS


def _answer(raw: Any) -> Any:
    return raw[0]


TASK = Task(
    name="image-feature-extraction",
    summary="embeddings: the model's hidden states for an image",
    auto_model="AutoModel",
    inputs=(Column("string", media="image"),),
    outputs=(Tensor("float64", (-1,)),),
    example="image.png",
    answer=_answer,
    inference="vision:ImageEmbeddings",
    form="vector",
    ways=WAYS_OF_VECTORS,
    scored=vector,
    agreement=None,
    arguments={
        "pooling": Argument(("text",), null=True, choices=("mean", "cls")),
        "normalize": Argument(("boolean",), null=True),
    },
    components=("image_processor",),
    optional_weights=("pooler",),
    pyfunc=False,
)
