"""fill-mask: text with a masked token in, the most likely token out."""

from runner.tasks.base import Column, Task

TASK = Task(
    name="fill-mask",
    summary="fills in a masked token",
    auto_model="AutoModelForMaskedLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="MLflow is a [MASK] tool.",
    prompt_template=True,
)
