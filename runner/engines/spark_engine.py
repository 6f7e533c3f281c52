"""Spark: ``mlflow.pyfunc.spark_udf`` of a model whose rows are tasks; lost ones are run again.

MLflow brings the model to the executors, and keeps it loaded in each of their Python processes. The
rows of the column are tasks, pickled: how Spark cuts a column up does not touch how a batch is cut.
"""

import base64
import os
import pickle
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from runner.engines.base import Does, EngineFailed, Work
from runner.engines.threads import threads, with_threads
from runner.errors import first_line
from runner.files.temporary import temporary_folder

NEEDS = "pyspark"
_WAVES = 4
"""Tasks of one Spark job for each of its slots: what is lost where the driver is killed."""
_LOCAL = "local[*,4]"
_WORK = "work.pickle"


def run(work: Work, tasks: Iterator[Any]) -> Generator[Any]:
    """Run tasks.

    Args:
        work: What runs a task.
        tasks: The tasks.

    Yields:
        What each gives, in their order.

    Raises:
        EngineFailed: Spark gave up on a task.
    """
    import mlflow.pyfunc

    with _session() as spark, temporary_folder("spark") as folder:
        model = _as_model(work, folder)
        does: Any = mlflow.pyfunc.spark_udf(spark, model, result_type="string")
        slots = spark.sparkContext.defaultParallelism
        while wave := [(_pickled(task),) for task in islice(tasks, _WAVES * slots)]:
            frame = spark.createDataFrame(
                spark.sparkContext.parallelize(wave, len(wave)), "task string"
            )
            try:
                rows = frame.select(does("task").alias("given")).collect()
            except _failures() as error:
                message = f"Spark gave up: {first_line(error)}"
                remedy = "The same command goes on behind what is kept."
                raise EngineFailed(message, remedy) from error
            for row in rows:
                yield _outcome(row["given"])


def _failures() -> type[Exception]:
    return import_module("pyspark.errors").PySparkException


def _as_model(work: Work, folder: Path) -> str:
    """Write the work as a model that ``spark_udf`` takes."""
    import mlflow.pyfunc

    file, model = folder / _WORK, folder / "model"
    file.write_bytes(pickle.dumps((work, threads())))
    mlflow.pyfunc.save_model(
        str(model), loader_module=__name__, data_path=str(file), pip_requirements=[]
    )
    return str(model)


@contextmanager
def _session() -> Generator[Any]:
    """Use the session that there is, or the master that settings name; else this machine."""
    sessions = import_module("pyspark.sql").SparkSession
    there = sessions.getActiveSession()
    if there is not None:
        yield there
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = sessions.builder.appName("recipe-runner").config("spark.ui.enabled", "false")
    if "PYSPARK_SUBMIT_ARGS" not in os.environ:
        builder = builder.master(os.environ.get("SPARK_MASTER", _LOCAL))
    try:
        session = builder.getOrCreate()
    except _failures() as error:
        message = f"Spark does not begin: {first_line(error)}"
        raise EngineFailed(message, "It needs Java 17, and a master that answers.") from error
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


class _Tasks:
    """The work, as MLflow's pyfunc asks it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._does: Does | None = None

    def predict(self, frame: Any, params: Any = None) -> list[str]:
        """Run the tasks of a frame's one column."""
        return [self._run(text) for text in frame.iloc[:, 0]]

    def _run(self, text: str) -> str:
        try:
            self._does = self._does or self._work.begin()
            return _pickled((self._does(_unpickled(text)), None))
        except Exception as error:  # it is raised where the rows are known
            return _pickled((None, error))


def _load_pyfunc(path: str) -> _Tasks:  # pyright: ignore[reportUnusedFunction]
    """Load the work, in a Python process of an executor."""
    work, count = pickle.loads(Path(path).read_bytes())  # noqa: S301 - written by the driver
    with_threads(count)
    return _Tasks(work)


def _pickled(value: Any) -> str:
    return base64.b64encode(pickle.dumps(value)).decode()


def _unpickled(text: str) -> Any:
    return pickle.loads(base64.b64decode(text))  # noqa: S301 - between the driver and its workers


def _outcome(text: str) -> Any:
    given, error = _unpickled(text)
    if error is not None:
        raise error
    return given
