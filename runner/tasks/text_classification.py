"""text-classification: text in, the best label and its score out."""

from runner.tasks.base import Column, Task

TASK = Task(
    name="text-classification",
    summary="labels a text",
    auto_model="AutoModelForSequenceClassification",
    inputs=(Column("string"),),
    outputs=(Column("string", "label"), Column("double", "score")),
    example="MLflow is awesome!",
)
