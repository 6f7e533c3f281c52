"""Ray: an actor holds the model, as many as the cluster has room for; a lost one is begun anew."""

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import cycle, islice
from typing import Any

from runner.engines.base import Does, EngineFailed, Work
from runner.engines.threads import threads, with_threads
from runner.errors import first_line

NEEDS = "ray"
_WAITING = 2
"""Tasks that are sent to each actor at once, so that none is idle."""


class _Worker:
    """An actor: it loads the model for its first task, so that what fails has a name."""

    def __init__(self, work: Work, count: int) -> None:
        with_threads(count)
        self._work = work
        self._does: Does | None = None

    def does(self, task: Any) -> Any:
        """Run a task."""
        self._does = self._does or self._work.begin()
        return self._does(task)


def run(work: Work, tasks: Iterator[Any]) -> Generator[Any]:
    """Run tasks.

    Args:
        work: What runs a task.
        tasks: The tasks.

    Yields:
        What each gives, in their order.

    Raises:
        EngineFailed: An actor was lost for good.
    """
    ray = _library()
    with _connected():
        actors = _actors(work)
        sent = (actor.does.remote(task) for task, actor in zip(tasks, cycle(actors), strict=False))
        under_way = deque(islice(sent, _WAITING * len(actors)))
        try:
            while under_way:
                given = ray.get(under_way.popleft())
                under_way.extend(islice(sent, 1))
                yield given
        except ray.exceptions.RayTaskError as error:  # what the work itself raised
            raise error.cause from error
        except ray.exceptions.RayError as error:
            message = f"Ray gave up: {first_line(error)}"
            raise EngineFailed(message, "The same command goes on behind what is kept.") from error
        finally:
            for actor in actors:
                ray.kill(actor)


def _library() -> Any:
    return import_module(NEEDS)


@contextmanager
def _connected() -> Generator[None]:
    """Use the cluster that this process has, or that ``RAY_ADDRESS`` names; else make one."""
    ray = _library()
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="error")
    except (ConnectionError, RuntimeError, ValueError) as error:
        message = f"Ray does not begin: {first_line(error)}"
        raise EngineFailed(message, "Check RAY_ADDRESS, and the cluster there.") from error
    try:
        yield
    finally:
        ray.shutdown()


def _actors(work: Work) -> list[Any]:
    """Give the actors: each takes as many CPUs as models have threads here, or a GPU."""
    ray = _library()
    room, count = ray.cluster_resources(), threads()
    by_gpu = int(room.get("GPU", 0)) if getattr(work, "device", "") != "cpu" else 0
    many = by_gpu or max(1, int(room.get("CPU", 1)) // count)
    wanted = {"num_gpus": 1} if by_gpu else {"num_cpus": min(count, int(room.get("CPU", 1)))}
    lasting = {"max_restarts": -1, "max_task_retries": -1}
    made = ray.remote(**wanted, **lasting)(_Worker)
    return [made.remote(work, count) for _ in range(many)]  # by value: a new actor needs it again
