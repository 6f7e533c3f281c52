"""Runs of an MLflow server, as they were logged, to be compared like those on the disk."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.comparing.runs import RECIPE_FILE, Run, recipe_values
from runner.errors import SourceError
from runner.evaluated import TABLE_FILE, DataRecord, EvaluationRecord, ScoreRecord
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.stores import asking, is_there
from runner.text.secrets import without_user

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as LoggedRun

RUN = "runs:/"
_PARENT = "mlflow.parentRunId"


def read_tracked(named: str, uri: str, workdir: Path) -> list[Run]:
    """Read a run of MLflow, or those that it is the parent of.

    Args:
        named: ``runs:/<id>``.
        uri: Tracking URI of the server.
        workdir: Where what it logged is fetched to.

    Returns:
        The runs; of one that this tool did not log its params and metrics.

    Raises:
        SourceError: There is no such run, or the server cannot be asked.
    """
    run_id = named.removeprefix(RUN).partition("/")[0]
    if not is_there(uri):
        raise _unknown(named, uri, "there is no such database", "")
    with asking(uri, partial(_unknown, named, uri)) as client:
        asked = client.get_run(run_id)
        children = list(_children(client, asked))
        return [_read(client, run, workdir) for run in children or [asked]]


def _unknown(named: str, uri: str, reason: str, remedy: str) -> SourceError:
    message = f"{named} cannot be had from {without_user(uri)}: {reason}"
    return SourceError(message, remedy or "Check the id, and name the server with --tracking-uri.")


def _children(client: "MlflowClient", run: "LoggedRun") -> Iterator["LoggedRun"]:
    wanted = f"tags.`{_PARENT}` = '{run.info.run_id}'"
    token: str | None = None
    while True:
        page = client.search_runs(
            [run.info.experiment_id], wanted, order_by=["start_time ASC"], page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def _read(client: "MlflowClient", run: "LoggedRun", workdir: Path) -> Run:
    run_id = run.info.run_id
    folder = workdir / run_id
    folder.mkdir(parents=True, exist_ok=True)
    logged = {file.path for file in client.list_artifacts(run_id)}
    for name in (RECORD_FILE, RECIPE_FILE, TABLE_FILE):
        if name in logged:
            client.download_artifacts(run_id, name, str(folder))
    record = read_record(folder)
    if record is None:
        return Run(run_id, f"{RUN}{run_id}", _foreign(run), dict(run.data.params))
    return Run(run_id, _place(record, run_id), record, recipe_values(folder), folder)


def _place(record: RunRecord, run_id: str) -> str:
    """Give the folder that a run left on this machine, if it is still there; else its URI."""
    folder = Path(record.model).parent
    with suppress(OSError):
        there = read_record(folder) if record.model else None
        if there and there.tracking and there.tracking.run_id == run_id:
            return str(folder)
    return f"{RUN}{run_id}"


def _foreign(run: "LoggedRun") -> RunRecord:
    """Give what is known of a run that another tool logged: its metrics, and no verdict."""
    scores = [
        ScoreRecord(name=name.replace(".", "_"), value=float(value), rows=0)
        for name, value in run.data.metrics.items()
    ]
    data = DataRecord(name="", sha256="", rows=0)
    return RunRecord(
        recipe=run.info.run_name or run.info.run_id,
        point=run.info.run_id,
        digest="",
        evaluation=EvaluationRecord(data=data, scores=scores) if scores else None,
    )
