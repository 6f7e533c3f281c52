"""What lies in output folders, and what goes by rule: nothing else, and nothing that runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.evaluated import Verdict
from runner.files.locked import holding
from runner.files.temporary import temporary_folder
from runner.kept.promotion import Promotion
from runner.records import Failure, TrackingRecord
from runner.sweeps.record import SweepPoint, SweepRecord
from tests.comparing.points import point, record_at
from tests.conftest import Outcome

Cli = Callable[..., Outcome]


def ago(**age: float) -> str:
    return (datetime.now(UTC) - timedelta(**age)).isoformat(timespec="seconds")


@pytest.fixture
def kept(workspace: Path) -> dict[str, Path]:
    """Four runs of a recipe: a new one, two that failed or stopped, an old one."""
    out = workspace / "outputs"
    stopped = Failure(step="load", code="source-failed", message="gone")
    return {
        "new": point(out, "new", started=ago(minutes=3)),
        "failed": point(out, "failed", started=ago(days=2), verdict=Verdict.FAILED),
        "stopped": point(out, "stopped", started=ago(days=40), failure=stopped),
        "old": point(out, "old", started=ago(days=50)),
    }


def left(kept: dict[str, Path]) -> set[str]:
    return {name for name, folder in kept.items() if (folder / "record.json").exists()}


def test_runs_lists_them_the_newest_first(cli: Cli, kept: dict[str, Path]) -> None:
    Promotion(uri="u", name="reviews", version="3").write(kept["old"])
    found = cli("runs", "--output", "json").document
    told = [(run["point"], run["verdict"], run["promoted"]) for run in found["runs"]]
    assert told == [
        ("new", "passed", ""),
        ("failed", "failed", ""),
        ("stopped", "stopped", ""),
        ("old", "passed", "reviews/3"),
    ]
    files = [file for folder in kept.values() for file in folder.iterdir()]
    assert found["bytes_on_disk"] == sum(file.stat().st_size for file in files)
    done = cli("runs")
    assert "clf     new      3 min" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("4 runs, ")


def test_what_mlflow_has_of_a_run_is_no_run_and_stays(cli: Cli, kept: dict[str, Path]) -> None:
    """A store beside the folders: its copies count for no rule, and are not deleted."""
    copies = [Path("mlruns", "1", digit * 32, "artifacts") for digit in "0a"]
    for copy in copies:
        copy.mkdir(parents=True)
        (copy / "record.json").write_bytes((kept["new"] / "record.json").read_bytes())
    found = cli("runs", ".", "--output", "json").document
    assert [run["point"] for run in found["runs"]] == ["new", "failed", "stopped", "old"]
    assert cli("clean", ".", "--keep", "2", "--yes").code == 0
    assert left(kept) == {"new", "failed"}
    assert all((copy / "record.json").is_file() for copy in copies)
    assert cli("report", str(copies[0])).code == 0, "named, it is looked at"


@pytest.mark.parametrize("verb", [("runs",), ("clean", "--failed")])
def test_a_record_that_cannot_be_read_is_named_and_left(
    cli: Cli, kept: dict[str, Path], verb: tuple[str, ...]
) -> None:
    damaged = kept["failed"] / "record.json"
    damaged.write_text("{")
    told = str(damaged.relative_to(Path.cwd()))
    found = cli(*verb, "--output", "json").document
    assert found["unreadable"] == [told]
    assert "failed" not in [run["point"] for run in found["runs"]]
    assert f"cannot be read: {told}\n" in cli(*verb).stderr
    cli("clean", "--failed", "--yes")
    assert left(kept) == {"new", "failed", "old"}


def test_files_that_runs_share_count_once(cli: Cli, kept: dict[str, Path]) -> None:
    before = cli("runs", "--output", "json").document["bytes_on_disk"]
    weights = kept["new"] / "weights"
    weights.write_bytes(bytes(5000))
    (kept["old"] / "weights").hardlink_to(weights)
    assert cli("runs", "--output", "json").document["bytes_on_disk"] == before + 5000


@pytest.mark.parametrize(
    ("rule", "stay"),
    [
        ("--failed", {"new", "old"}),
        ("--older 30d", {"new", "failed"}),
        ("--older 45d", {"new", "failed", "stopped"}),
        ("--failed --older 30d", {"new", "failed", "old"}),
        ("--keep 1", {"new"}),
        ("--keep 3", {"new", "failed", "stopped"}),
        ("--keep 2 --failed", {"new", "failed", "old"}),
        ("--keep 1 --per point", {"new", "failed", "stopped", "old"}),
    ],
)
def test_what_all_rules_hold_for_is_deleted_and_only_with_yes(
    cli: Cli, kept: dict[str, Path], rule: str, stay: set[str]
) -> None:
    said = cli("clean", *rule.split())
    assert said.code == 0
    assert left(kept) == set(kept)
    named = {name for name in kept if f"/{name} (" in said.stdout}
    assert named == set(kept) - stay
    assert cli("clean", *rule.split(), "--yes").code == 0
    assert left(kept) == stay
    assert {name for name, folder in kept.items() if folder.exists()} == stay


def test_what_runs_and_what_was_promoted_stays(cli: Cli, kept: dict[str, Path]) -> None:
    Promotion(uri="u", name="reviews", version="3").write(kept["old"])
    with holding(kept["new"] / ".lock"):
        listed = cli("runs", "--output", "json").document["runs"]
        assert [run["verdict"] for run in listed if run["point"] == "new"] == ["running"]
        assert cli("clean", "--keep", "0", "--yes").code == 0
    assert left(kept) == {"new", "old"}


def test_a_lock_that_a_killed_run_left_holds_nothing(cli: Cli, kept: dict[str, Path]) -> None:
    (kept["new"] / ".lock").write_text("{}")
    assert cli("clean", "--keep", "0", "--yes").code == 0
    assert left(kept) == set()
    assert not (Path("outputs") / "clf").exists()
    assert Path("outputs").is_dir()


def test_the_record_of_a_sweep_goes_with_its_last_point(cli: Cli, kept: dict[str, Path]) -> None:
    points = [SweepPoint(name=n, folder=n, recipe="clf") for n in ("failed", "stopped")]
    file = kept["new"].parent / "sweep.json"
    record = SweepRecord(points=points, recipes=["clf"])
    record.end()
    record.write(file)
    assert cli("clean", "--failed", "--older", "30d", "--yes").code == 0
    assert file.exists()
    assert cli("clean", "--failed", "--yes").code == 0
    assert not file.exists()


def test_weights_go_with_the_last_run_that_uses_them(cli: Cli, kept: dict[str, Path]) -> None:
    weights = Path("outputs/.store/weights")
    for key, users in {"shared": ("new", "old"), "only": ("stopped",), "none": ()}.items():
        (weights / key).mkdir(parents=True)
        (weights / key / "model.safetensors").write_bytes(bytes(3000))
        for name in users:
            (kept[name] / "model").mkdir()
            record = record_at(kept[name])
            record.weights = key
            record.write(kept[name])
    said = cli("clean", "--failed", "outputs/clf").stdout
    assert f"would delete {weights.absolute() / 'none'}, weights of no run (3 kB)" in said
    assert {entry.name for entry in weights.iterdir()} == {"shared", "only", "none"}
    assert cli("clean", "--failed", "outputs/clf", "--yes").code == 0
    assert {e.name for e in weights.iterdir() if e.is_dir()} == {"shared"}


def test_what_a_killed_conversion_left_goes_and_that_of_a_living_one_stays(
    cli: Cli, kept: dict[str, Path]
) -> None:
    place = Path("outputs/.store/temporary").absolute()
    with temporary_folder("converted", place) as living:
        killed = place / "converted-0"
        killed.mkdir()
        (killed / "model.safetensors").write_bytes(bytes(3000))
        killed.with_suffix(".lock").touch()  # nobody holds it
        said = cli("clean", "--older", "1000d").stdout
        assert f"would delete {killed}, left by a killed run (3 kB)" in said
        assert str(living) not in said
        assert killed.is_dir()
        done = cli("clean", "--older", "1000d", "--yes").stdout
        assert f"deleted {killed}, left by a killed run (3 kB)" in done
        assert {path.stem for path in place.iterdir()} == {living.name}
    assert left(kept) == set(kept)


def test_nothing_else_is_touched(cli: Cli, kept: dict[str, Path], workspace: Path) -> None:
    mine = workspace / "outputs" / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    foreign = workspace / "outputs" / "foreign"
    foreign.mkdir()
    (foreign / "record.json").write_text('{"not": "ours"}')
    elsewhere = point(workspace / "elsewhere", "linked", started=ago(days=90))
    (workspace / "outputs" / "link").symlink_to(elsewhere.parent)
    (kept["old"] / "link").symlink_to(elsewhere)
    within = point(kept["old"], "within", started=ago(minutes=1))
    assert cli("clean", "--older", "30d", "--yes").code == 0
    assert left(kept) == {"new", "failed"}
    assert (mine / "notes.txt").exists()
    assert (foreign / "record.json").exists()
    assert (elsewhere / "record.json").exists()
    assert (within / "record.json").exists()
    assert not (kept["old"] / "link").is_symlink()


@pytest.mark.parametrize(
    ("line", "code", "word"),
    [
        ("clean", 2, "missing-rule"),
        ("clean --older soon", 2, "`soon` is no age"),
        ("clean --keep -1", 2, "--keep"),
        ("clean nowhere --failed", 3, "nowhere is no folder"),
        ("runs nowhere", 3, "nowhere is no folder"),
    ],
)
def test_what_cannot_be_is_said(cli: Cli, line: str, code: int, word: str) -> None:
    done = cli(*line.split())
    assert (done.code, word in done.stderr) == (code, True), done.stderr


def test_its_run_in_mlflow_goes_too_but_not_a_registered_one(
    cli: Cli, kept: dict[str, Path]
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    uri = f"sqlite:///{Path.cwd()}/mlflow.db"
    client = MlflowClient(uri, uri)
    for name in ("failed", "stopped"):
        run = client.create_run("0").info.run_id
        model = client.create_logged_model("0", name="m", source_run_id=run).model_id
        record = record_at(kept[name])
        record.tracking = TrackingRecord(
            uri=uri, run_id=run, model_id=model, model_uri=f"models:/{model}", storage="copy"
        )
        record.write(kept[name])
    registered = record_at(kept["failed"]).tracking
    other = record_at(kept["stopped"]).tracking
    assert registered is not None
    assert other is not None
    client.create_registered_model("reviews")
    client.create_model_version("reviews", source="nowhere", run_id=registered.run_id)

    said = cli("clean", "--failed", "--yes").stdout
    assert f"MLflow run {registered.run_id} is left: it is registered as reviews/1" in said
    assert client.get_run(registered.run_id).info.lifecycle_stage == "active"
    assert client.get_run(other.run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException):
        client.get_logged_model(other.model_id)
    assert left(kept) == {"new", "old"}


def test_where_mlflow_is_not_there_the_folder_stays_and_the_others_go(
    cli: Cli, kept: dict[str, Path]
) -> None:
    record = record_at(kept["failed"])
    record.tracking = TrackingRecord(
        uri="sqlite:///gone.db", run_id="r", model_id="m", model_uri="models:/m", storage="copy"
    )
    record.write(kept["failed"])
    done = cli("clean", "--failed", "--yes")
    assert (done.code, done.stderr.count("error[tracking-failed] ")) == (3, 1)
    assert left(kept) == {"new", "failed", "old"}
    assert not Path("gone.db").exists()
