"""Tasks of a Ray cluster, or of Ray on this machine."""

from collections.abc import Callable, Sequence
from typing import Any

from runner.errors import WrongInput
from runner.sweeps.launching.batches import Batch, Ended, lost
from runner.sweeps.launching.library import needed
from runner.sweeps.launching.local import search_path
from runner.sweeps.launching.worker import work
from runner.text.wording import size


def run_in_tasks(
    batches: Sequence[Batch],
    workers: int,
    memory: int | None,
    options: dict[str, Any],
    ended: Callable[[Ended], None],
) -> None:
    """Run batches as tasks; Ray begins one once more whose process is lost.

    Args:
        batches: The batches.
        workers: How many tasks run at once, at most.
        memory: Bytes that a Ray of this machine may give to all of them; None for its own bound.
        options: Arguments of ``ray.init``, such as ``address``.
        ended: Told how each point ended.

    Raises:
        WrongInput: Ray is not installed, or a batch needs more memory than any of its nodes has.
    """
    ray: Any = needed("ray", "ray")
    local = {} if "address" in options or memory is None else {"_memory": memory}
    found = {"runtime_env": {"env_vars": {"PYTHONPATH": search_path()}}}
    ray.init(log_to_driver=False, **{**found, **local, **options})
    try:
        _refuse_too_large(ray, batches)
        waiting, running = list(batches), dict[Any, Batch]()
        while waiting or running:
            while waiting and len(running) < workers:
                batch = waiting.pop(0)
                task = ray.remote(max_retries=1, num_cpus=1, memory=batch.memory)(work)
                running[task.remote(batch)] = batch
            (reference, *_), _ = ray.wait(list(running), num_returns=1)
            for told in _told(ray, reference, running.pop(reference)):
                ended(told)
    finally:
        ray.shutdown()


def _told(ray: Any, reference: Any, batch: Batch) -> list[Ended]:
    try:
        return ray.get(reference)
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
        return lost(batch.points, str(error).splitlines()[0].rstrip("."))


def _refuse_too_large(ray: Any, batches: Sequence[Batch]) -> None:
    most = max(int(node["Resources"].get("memory", 0)) for node in ray.nodes())
    for batch in batches:
        if batch.memory > most:
            message = f"{batch.points[0].name} takes up to {size(batch.memory)}, more than any node"
            remedy = "Give Ray a node with more, or leave the point out."
            raise WrongInput("too-little-memory", f"{message} of Ray has ({size(most)}).", remedy)
