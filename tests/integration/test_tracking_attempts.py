"""What a killed run left on the server is closed by the next one, and nothing is there twice."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mlflow import MlflowClient

from runner import compose, read_record
from runner.tracking import runs
from runner.tracking.attempts import forget
from tests import forked
from tests.conftest import REPOSITORY, Outcome

KILLED = """
import os, signal
from mlflow import MlflowClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from runner import compose, read_record
from runner.tracking import runs

record = read_record("outputs/mine/default")
composed = compose("mine")

def killed_before(statement, parameter):
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    def written(conn, cursor, said, given, *_):
        if said.startswith(statement) and parameter in str(given):
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(Engine, "before_cursor_execute", written)
    runs.log(record, composed.recipe, composed.values, URI)

def stopped_as_a_model_is_made():
    made = MlflowClient.create_logged_model
    def stopped(*given, **named):
        made(*given, **named)
        raise KeyboardInterrupt  # before its name is known
    MlflowClient.create_logged_model = stopped
    try:
        runs.log(record, composed.recipe, composed.values, URI)
    except KeyboardInterrupt:
        os._exit(0)

URI = "sqlite:///" + os.getcwd() + "/mlflow.db"
moments = ("INSERT INTO params", ""), ("UPDATE logged_models", ""), ("UPDATE runs", "FINISHED")
killed = [killed_before(*moment) for moment in moments]
assert killed == [-signal.SIGKILL] * 3, killed
stopped_as_a_model_is_made()
"""


def test_the_next_run_closes_what_kills_left_and_registers_once(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    Path("recipes").mkdir()
    Path("recipes/mine.yaml").write_text(
        "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
        "evaluation: {views: [native]}\nmodel_config: {max_new_tokens: 2}\n"
        "tracking: {register_as: assistant}\n"
    )
    assert cli("+recipe=mine", "tracking.uri=null").code == 0
    done = forked.start(KILLED, workspace, path=[str(REPOSITORY)]).end()
    assert done.code == 0, done.stderr
    client = MlflowClient(uri := f"sqlite:///{workspace}/mlflow.db", uri)
    assert Counter(run.info.status for run in client.search_runs(["1"])) == {"KILLED": 4}
    models = client.search_logged_models(["1"])
    assert Counter(str(model.status) for model in models) == {"READY": 1, "FAILED": 2}
    record, composed = read_record("outputs/mine/default"), compose("mine")
    assert record is not None
    tracked = runs.log(record, composed.recipe, composed.values, uri, key="0" * 64)
    known = client.search_runs(["1"])
    assert Counter(run.info.status for run in known) == {"FINISHED": 1, "KILLED": 4}
    models = client.search_logged_models(["1"])
    assert Counter(str(model.status) for model in models) == {"READY": 2, "FAILED": 2}
    (version,) = client.search_model_versions("name = 'assistant'")
    assert version.run_id == tracked.run_id
    taken_up = runs.log(record, composed.recipe, composed.values, uri, key="0" * 64)
    assert (taken_up, len(client.search_runs(["1"]))) == (tracked, len(known))
    another = runs.log(record, composed.recipe, composed.values, uri, key="1" * 64)
    assert another.run_id != tracked.run_id
    assert len(client.search_model_versions("name = 'assistant'")) == 2
    forget(Path("outputs/mine/default"), uri)
    assert not list(Path("outputs/mine/default").glob(".*"))


def test_a_deleted_experiment_is_told_as_that(cli: Callable[..., Outcome], workspace: Path) -> None:
    uri = f"sqlite:///{workspace}/deleted.db"
    client = MlflowClient(uri)
    number = client.create_experiment("gone")
    client.delete_experiment(number)
    done = cli(
        "+recipe=text-classification/scratch", f"tracking.uri={uri}", "tracking.experiment=gone"
    )
    assert done.code == 3
    assert "the experiment gone has been deleted" in done.stderr
    assert f"mlflow experiments restore -x {number}" in done.stderr
