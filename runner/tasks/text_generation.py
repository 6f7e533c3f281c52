"""text-generation: a prompt in, its continuation out."""

from runner.tasks.base import Column, Task

TASK = Task(
    name="text-generation",
    summary="continues a prompt",
    auto_model="AutoModelForCausalLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="What is MLflow?",
    prompt_template=True,
)
