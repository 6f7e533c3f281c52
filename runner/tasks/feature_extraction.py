"""feature-extraction: text in, the model's hidden states out."""

from runner.tasks.base import Column, Task, Tensor

TASK = Task(
    name="feature-extraction",
    summary="embeddings: the model's hidden states for a text",
    auto_model="AutoModel",
    inputs=(Column("string"),),
    outputs=(Tensor("float64", (-1,)),),
    example="A man is eating food.",
    prompt_template=True,
    limitations={
        "rows": "MLflow's wrapper returns the hidden states of the first input only",
        "columns": "MLflow's wrapper returns one row per token, not one vector per input",
    },
)
