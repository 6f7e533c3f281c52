"""What a task can do with the transformers that is installed."""

from runner.tasks.base import Task
from runner.upstream.transformers_source import has_pipeline


def has_native(task: Task) -> bool:
    """Say whether a model can be loaded natively: as a pipeline, or as what has no need of one.

    Args:
        task: The task.
    """
    return task.forward or has_pipeline(task.pipeline_task)


def has_pyfunc(task: Task, *, extended: bool) -> bool:
    """Say whether there is inference code, so that a model gets a pyfunc.

    Args:
        task: The task.
        extended: Whether the runner's own is asked for; MLflow's calls the pipeline.
    """
    return task.extended if extended else task.pyfunc and has_native(task)


def flavors(task: Task, *, extended: bool) -> list[str]:
    """Give the MLflow flavors that a model will have.

    Args:
        task: The task.
        extended: Whether it gets the runner's inference code.
    """
    able = {
        "transformers": has_native(task),
        "python_function": has_pyfunc(task, extended=extended),
    }
    return [flavor for flavor, has in able.items() if has]
