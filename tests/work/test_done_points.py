"""A point that is done is not run again; one that is not goes on where its inputs changed."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from runner import RunRecord, compose, read_record
from runner.work.kept import finished
from tests.checkpoints import classifier
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
POINT = Path("outputs/case/default")
RECIPE = """\
task: text-classification
source: {kind: local, path: weights}
evaluation:
  inputs: [fine, bad]
  views: [pyfunc]
  expect: [{column: label, regex: NEGATIVE|POSITIVE}]
  dataset: {path: rows.csv, inputs: text, target: label}
  metrics: [accuracy]
  gates: {accuracy: ">= 0"}
"""


def record() -> RunRecord:
    found = read_record(POINT)
    assert found is not None
    return found


def details() -> dict[str, str]:
    return {step.name: step.detail for step in record().steps}


def is_done() -> bool:
    """Ask whether the point need not be run, composed anew."""
    composed = compose("case.yaml", "tracking.uri=null")
    return finished(composed, POINT) is not None


@pytest.fixture
def run(cli: Cli, workspace: Path) -> Callable[..., Outcome]:
    """Run the recipe, once to begin with."""
    classifier(workspace / "weights")
    Path("rows.csv").write_text("text,label\nfine,POSITIVE\nbad,NEGATIVE\n")
    Path("case.yaml").write_text(RECIPE)

    def again(*arguments: str, uri: str = "null") -> Outcome:
        return cli("+recipe=case.yaml", f"tracking.uri={uri}", *arguments)

    done = again()
    assert done.code == 0, done.stderr
    return again


def change(*pairs: tuple[str, str]) -> None:
    """Change the recipe."""
    text = Path("case.yaml").read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    Path("case.yaml").write_text(text)


def logged() -> Sequence[Any]:
    client = MlflowClient(f"sqlite:///{Path.cwd()}/mlflow.db")
    return client.search_runs([e.experiment_id for e in client.search_experiments()])


def test_a_done_point_is_kept_as_it_is(run: Callable[..., Outcome]) -> None:
    before, model = (POINT / "record.json").read_bytes(), (POINT / "model/MLmodel").stat()
    done = run()
    assert (done.code, (POINT / "record.json").read_bytes()) == (0, before)
    assert (POINT / "model/MLmodel").stat().st_mtime_ns == model.st_mtime_ns
    assert "kept" in done.stderr
    again = run("--rerun")
    assert again.code == 0
    assert (POINT / "record.json").read_bytes() != before
    assert "kept" not in {*details().values()}
    assert details()["save"] == "weights kept"


def test_what_a_point_depends_on_makes_it_another(run: Callable[..., Outcome]) -> None:
    assert is_done()
    for file in ("weights/config.json", "rows.csv", "outputs/case/default/model/MLmodel"):
        text = Path(file).read_text()
        Path(file).write_text(text + "\n")
        assert not is_done(), file
        assert run().code == 0
        assert is_done(), file
    change(("inputs: [fine, bad]", "inputs: [fine]"))
    assert not is_done()


def test_another_gate_asks_nothing_anew(run: Callable[..., Outcome]) -> None:
    change((">= 0", ">= 0.0001"))
    assert run().code in (0, 1)
    assert details()["prove"] == "kept"
    assert details()["save"] == "weights kept"  # MLmodel names the recipe's digest
    evaluation = record().evaluation
    assert evaluation is not None
    assert evaluation.data.inferred == 0
    assert record().checks


def test_what_was_not_logged_is_logged_and_nothing_else_done(
    run: Callable[..., Outcome],
) -> None:
    uri = f"sqlite:///{Path.cwd()}/mlflow.db"  # MLflow keeps stores open by what they are called
    assert run(uri=uri).code == 0
    assert (details()["save"], details()["prove"]) == ("kept", "kept")
    (POINT / "report.html").unlink()  # not done any more, but logged
    assert run(uri=uri).code == 0
    assert details()["log"] == "kept"
    assert len(logged()) == 1
    change(("task:", "description: other\ntask:"))
    assert run(uri=uri).code == 0
    assert len(logged()) == 2


def test_a_model_beside_its_champion_is_evaluated_anew_and_logged_once(
    run: Callable[..., Outcome],
) -> None:
    uri = f"sqlite:///{Path.cwd()}/mlflow.db"
    tracked = "tracking: {register_as: case, alias: champion}\nevaluation:\n  golden: true"
    change(("evaluation:", tracked), ('">= 0"', '">= champion - 0.1"'))
    assert run("--update-golden", uri=uri).code == 0  # which the next ones are held to
    first = record().tracking
    assert first is not None
    assert not is_done()  # the champion may be another
    for killed_when_done in (False, True):
        if killed_when_done:  # the record does not say so yet, but what was noted before it does
            whole = json.loads((POINT / "record.json").read_text())
            key = whole["keys"].pop("log")
            (POINT / "record.json").write_text(json.dumps({**whole, "tracking": None}))
            (tag,) = (one.data.tags["recipe.attempt"] for one in logged())
            assert tag.startswith(key[-16:])
            server = hashlib.sha256(uri.encode()).hexdigest()
            (POINT / ".logging.json").write_text(json.dumps({tag: server}))
        assert run(uri=uri).code == 0
        assert details()["evaluate"] != "kept"
        assert record().tracking == first
    assert len(logged()) == 1
    assert first.registered == "case/1"
    change(("- 0.1", "+ 0.1"))
    assert run(uri=uri).code == 1  # it is no better than itself
    assert len(logged()) == 2


def test_a_kill_loses_the_step_it_hit_and_none_before(run: Callable[..., Outcome]) -> None:
    told = json.loads((POINT / "record.json").read_text())
    unfinished = {"step": "", "code": "unfinished", "message": "killed"}
    told |= {"failure": unfinished, "evaluation": None, "tracking": None}
    told["keys"] = {name: told["keys"][name] for name in ("save", "prove")}
    (POINT / "record.json").write_text(json.dumps(told))
    assert run().code == 0
    assert (details()["save"], details()["prove"]) == ("kept", "kept")
    assert record().failure is None
    assert record().evaluation is not None


def test_a_kill_before_the_checksums_leaves_them_to_the_next_run(
    run: Callable[..., Outcome],
) -> None:
    file = POINT / "record.json"
    whole = json.loads(file.read_text())
    unfinished = {"step": "", "code": "unfinished", "message": "killed"}
    keys = {"save": whole["keys"]["save"]}
    file.write_text(json.dumps(whole | {"failure": unfinished, "checksums": {}, "keys": keys}))
    (POINT / "bom.cdx.json").unlink()
    assert run().code == 0
    assert details()["save"] == "kept"
    assert record().checksums == whole["checksums"]
    assert (POINT / "bom.cdx.json").is_file()


def test_a_failed_proof_is_made_again(run: Callable[..., Outcome]) -> None:
    change(("NEGATIVE|POSITIVE", "other"))
    for _ in range(2):
        assert run().code == 1
        assert details()["prove"] != "kept"


def test_a_finished_sweep_opens_no_weights_and_imports_no_torch(cli: Cli, workspace: Path) -> None:
    classifier(workspace / "weights")
    Path("case.yaml").write_text(RECIPE.partition("  dataset")[0])
    asked = ["-m", "+recipe=case.yaml", "dtype=float32,bfloat16", "tracking.uri=null"]
    assert cli(*asked).code == 0
    single = cli("+recipe=case.yaml", "dtype=bfloat16", "tracking.uri=null", "out=multirun")
    assert (single.code, "kept" in single.stderr) == (0, True), "a point of it, run by itself"
    code = (
        "import sys\nfrom runner.cli import main\nopened = []\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        f"code = main({asked!r})\n"
        "weights = [name for name in opened if name.endswith(('.safetensors', '.bin'))]\n"
        "heavy = {'numpy', 'torch', 'transformers', 'mlflow'} & {*sys.modules}\n"
        "assert (code, weights, heavy) == (0, [], set()), (code, weights, heavy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_only_the_points_that_failed_and_none_after_a_failure(cli: Cli, workspace: Path) -> None:
    classifier(workspace / "good")
    classifier(workspace / "other", labels=("spam", "ham"))
    Path("case.yaml").write_text(RECIPE.partition("  dataset")[0].replace("weights", "good"))
    asked = ("-m", "+recipe=case.yaml", "source.path=other,good", "tracking.uri=null")
    assert cli(*asked, "--fail-fast").code == 1
    folder = Path("multirun/case")
    assert [path.name for path in folder.glob("source.path=*")] == ["source.path=other"]
    shutil.rmtree(workspace / "other")
    classifier(workspace / "other")
    done = cli(*asked, "--only", "failed", "--output", "json")
    assert done.code == 0, done.stderr
    assert [one["point"] for one in done.document["runs"]] == ["source.path=other"]
    assert cli(*asked, "--only", "failed", "--output", "json").document == {"runs": []}
    nothing = cli(*asked, "--only", "failed")
    assert (nothing.code, nothing.stderr) == (0, "nothing to run: no point's last run failed\n")
