"""A scratch recipe becomes a saved, signed, proven and logged model that plain MLflow loads."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard
from safetensors.torch import load_file

from tests.conftest import Outcome
from tests.isolated import isolated

CASES = [
    ("text-generation", "What is MLflow?"),
    ("text-classification", "MLflow is awesome!"),
    ("fill-mask", "MLflow is a [MASK] tool."),
    ("feature-extraction", "A man is eating food."),
]


def test_models_saved_from_components_load_where_the_runner_is_not(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    paths: dict[str, str] = {}
    for task, _ in CASES:
        done = cli(
            f"+recipe={task}/scratch", "save_as=components", "tracking.uri=null",
            "dtype=float64", "--output", "json",
        )  # fmt: skip
        assert done.code == 0, done.stderr
        assert done.document["verdict"] == "passed"
        paths[task] = done.document["model"]
    answers = isolated(
        f"""
found = {{}}
for task, text in {CASES!r}:
    path = {paths!r}[task]
    pipeline = mlflow.transformers.load_model(path)
    parts = mlflow.transformers.load_model(path, return_type="components")
    out = mlflow.pyfunc.load_model(path).predict(text)
    narrow = mlflow.transformers.load_model(path, torch_dtype="float32").model.dtype
    found[task] = [pipeline.task, sorted(parts), len(out), str(pipeline.model.dtype), str(narrow)]
answer(found)
""",
        workspace,
    )
    for task, (loaded, parts, rows, dtype, narrow) in answers.items():
        assert loaded == task
        assert {"model", "tokenizer", "task"} <= set(parts)
        assert rows > 0
        assert dtype == "torch.float64", "the dtype holds in components mode too"
        assert narrow == "torch.float32", "and a native load may override it"


def test_the_record_says_what_was_done(cli: Callable[..., Outcome], workspace: Path) -> None:
    done = cli("+recipe=text-generation/scratch", "--output", "json")
    folder = workspace / "outputs" / "text-generation" / "scratch" / "default"
    record = json.loads((folder / "record.json").read_text())
    assert record == done.document
    assert [s["name"] for s in record["steps"]] == [
        "resolve",
        "load",
        "sign",
        "save",
        "checksum",
        "prove",
        "report",
        "log",
    ]
    assert all(s["seconds"] >= 0 and s["peak_memory"] > 0 for s in record["steps"])
    assert record["model_bytes"] == sum(
        f.stat().st_size for f in (folder / "model").rglob("*") if f.is_file()
    )
    assert record["dtype"] == "float32"
    assert record["sources"]["model"]["kind"] == "scratch"
    assert "max_new_tokens" in record["signature"]["params"]
    assert any(line.startswith("torch==") and "+" not in line for line in record["requirements"])
    assert {"python", "torch", "mlflow", "transformers", "runner"} <= set(record["versions"])
    reports = ["recipe.yaml", "record.json", "report.html", "report.md"]
    left = ["bom.cdx.json", "model", "model-card.md", *reports]
    assert [p.name for p in sorted(folder.iterdir())] == left
    bom = (folder / "bom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bom) is None
    assert ModelCard.load(folder / "model-card.md").data.pipeline_tag == "text-generation"


def test_mlflow_holds_the_run_the_model_and_the_weights_once(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    record = cli("+recipe=text-generation/scratch", "--output", "json").document
    tracked = record["tracking"]
    mlflow.set_tracking_uri(tracked["uri"])
    run = mlflow.get_run(tracked["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["source.architecture"] == "gpt2"
    assert run.data.tags["recipe.verdict"] == "passed"
    assert run.data.metrics["checks.failed"] == 0
    assert run.outputs.model_outputs[0].model_id == tracked["model_id"]
    logged = json.loads(mlflow.artifacts.load_text(f"runs:/{tracked['run_id']}/record.json"))
    assert logged["tracking"]["model_id"] == tracked["model_id"]
    model = mlflow.pyfunc.load_model(tracked["model_uri"])
    assert model.metadata.run_id == tracked["run_id"]
    assert model.metadata.signature.params.to_dict()[0]["name"] == "max_new_tokens"
    assert model.predict("What is MLflow?") == mlflow.pyfunc.load_model(record["model"]).predict(
        "What is MLflow?"
    )


def test_large_weights_take_their_room_once(cli: Callable[..., Outcome], workspace: Path) -> None:
    done = cli("+recipe=text-generation/scratch", "+source.config.n_embd=256", "--output", "json")
    assert done.code == 0, done.stderr
    weights = [p for p in workspace.rglob("model.safetensors")]
    assert len(weights) == 3  # in the store of the output folder, in the model, and in MLflow's
    assert weights[0].stat().st_size > 2**20
    if done.document["tracking"]["storage"] == "hardlink":
        assert len({p.stat().st_ino for p in weights}) == 1
    else:
        assert done.document["tracking"]["storage"] == "reflink"


def test_a_sweep_has_a_point_and_a_record_for_each_combination(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    done = cli(
        "-m",
        "+recipe=text-generation/scratch",
        "dtype=float32,bfloat16",
        "params.max_new_tokens=4,8",
        "--output",
        "json",
    )
    assert done.code == 0, done.stderr
    runs = done.document["runs"]
    assert len(runs) == 4
    assert len({run["digest"] for run in runs}) == 4
    folders = sorted((workspace / "multirun/text-generation/scratch").iterdir())
    assert len([f for f in folders if (f / "record.json").is_file()]) == 4
    sizes = {
        run["dtype"]: (Path(run["model"]) / "model/model.safetensors").stat().st_size
        for run in runs
    }
    headers = 8_000
    assert abs(sizes["float32"] - 2 * sizes["bfloat16"]) < 2 * headers
    tensors = load_file(Path(runs[-1]["model"]) / "model/model.safetensors")
    assert {str(t.dtype) for t in tensors.values()} == {"torch.bfloat16"}


def test_a_template_reaches_the_model(cli: Callable[..., Outcome], workspace: Path) -> None:
    record = cli(
        "+recipe=text-generation/scratch",
        "prompt_template='Q: {prompt} A:'",
        "tracking.uri=null",
        "--output",
        "json",
    ).document
    model = mlflow.pyfunc.load_model(record["model"])
    pipeline = mlflow.transformers.load_model(record["model"])
    want = pipeline(
        "Q: What is MLflow? A:", max_new_tokens=8, do_sample=False, return_full_text=False
    )
    assert model.predict("What is MLflow?") == [want[0]["generated_text"]]


def test_a_failed_proof_keeps_the_model_and_says_why(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    done = cli(
        "+recipe=text-generation/scratch",
        "evaluation.expect=[{contains: 'no such text'}]",
        "--output",
        "json",
    )
    assert done.code == 1
    record = done.document
    assert record["verdict"] == "failed"
    failed = [c for c in record["checks"] if c["outcome"] == "failed"]
    assert {(c["name"], c["view"]) for c in failed} == {
        ("expect[0]", "native"),
        ("expect[0]", "pyfunc"),
    }
    assert "does not contain 'no such text'" in failed[0]["message"]
    assert "does not contain" in done.stderr
    assert Path(record["model"], "MLmodel").is_file()


def test_a_proven_model_is_registered_and_an_unproven_one_is_not(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    passed = cli(
        "+recipe=text-generation/scratch", "tracking.register_as=tiny", "--output", "json"
    ).document
    assert passed["tracking"]["registered"] == "tiny/1"
    failed = cli(
        "+recipe=text-generation/scratch",
        "tracking.register_as=tiny",
        "evaluation.expect=[{contains: 'no such text'}]",
        "--output",
        "json",
    ).document
    assert failed["tracking"]["registered"] == ""
    mlflow.set_tracking_uri(passed["tracking"]["uri"])
    assert mlflow.pyfunc.load_model("models:/tiny/1").predict("What is MLflow?")


def test_a_second_run_replaces_the_first(cli: Callable[..., Outcome], workspace: Path) -> None:
    first = cli("+recipe=fill-mask/scratch", "tracking.uri=null", "--output", "json").document
    second = cli("+recipe=fill-mask/scratch", "tracking.uri=null", "--output", "json").document
    assert first["model"] == second["model"]
    assert second["verdict"] == "passed"


@pytest.fixture
def local_recipe(cli: Callable[..., Outcome], workspace: Path) -> Any:
    """A checkpoint folder made by a scratch run, to be a local source."""
    record = cli(
        "+recipe=text-generation/scratch", "tracking.uri=null", "--output", "json"
    ).document
    checkpoint = workspace / "checkpoint"
    Path(record["model"], "model").rename(checkpoint)
    for file in Path(record["model"], "components/tokenizer").iterdir():
        file.rename(checkpoint / file.name)
    (workspace / "recipes").mkdir()
    (workspace / "recipes" / "mine.yaml").write_text(
        "task: text-generation\nsource: {kind: local, path: ../checkpoint}\n"
        "params: {max_new_tokens: 4}\nmodel_config: {do_sample: false}\n"
    )
    return checkpoint


def test_a_local_checkpoint_is_packaged_from_beside_the_recipe(
    cli: Callable[..., Outcome], local_recipe: Path
) -> None:
    done = cli("+recipe=mine", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    copied = Path(done.document["model"], "model/model.safetensors").read_bytes()
    assert copied == (local_recipe / "model.safetensors").read_bytes()
    assert done.document["steps"][3]["detail"] in ("copied", "cloned")


def test_corrupt_weights_end_with_exit_3_and_no_model(
    cli: Callable[..., Outcome], local_recipe: Path, workspace: Path
) -> None:
    weights = local_recipe / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    done = cli("+recipe=mine", "tracking.uri=null")
    assert done.code == 3
    assert "is corrupt" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((workspace / "outputs/mine").rglob("MLmodel"))
    record = json.loads((workspace / "outputs/mine/default/record.json").read_text())
    assert record["failure"]["code"] == "source-failed"


def test_weights_that_do_not_fit_the_config_are_named(
    cli: Callable[..., Outcome], local_recipe: Path
) -> None:
    config = local_recipe / "config.json"
    config.write_text(config.read_text().replace('"n_embd": 32', '"n_embd": 64'))
    done = cli("+recipe=mine", "tracking.uri=null")
    assert done.code == 3
    assert "do not fit its config.json" in done.stderr
    assert "transformer." in done.stderr


def test_a_checkpoint_without_the_tasks_head_is_refused(
    cli: Callable[..., Outcome], local_recipe: Path
) -> None:
    done = cli(
        "+recipe=mine", "task=text-classification", "~params", "~model_config", "tracking.uri=null"
    )
    assert done.code == 3
    assert "score.weight" in done.stderr


def test_an_unreachable_tracking_server_keeps_the_model(
    cli: Callable[..., Outcome], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    uri = "http://user:secret@127.0.0.1:9"
    done = cli("+recipe=text-generation/scratch", f"tracking.uri='{uri}'", "--output", "json")
    assert done.code == 3
    assert "tracking-failed" in done.stderr
    assert "secret" not in done.stderr + done.stdout
    model = workspace / "outputs/text-generation/scratch/default/model"
    assert (model / "MLmodel").is_file()
    record = json.loads((model.parent / "record.json").read_text())
    assert record["verdict"] == "passed"
    assert record["failure"]["step"] == "log"
    (workspace / "garbage.db").write_text("no database, " * 100)
    for other in (
        "postgresql://user:secret@127.0.0.1:9/runs",  # without its driver
        "sqlite:///garbage.db",
        "sqlite:////proc/none/mlflow.db",
        "http://user:secret@127.0.0.1:99999",
        "gopher://user:secret@host/",
    ):
        done = cli("+recipe=text-generation/scratch", f"tracking.uri='{other}'")
        assert (done.code, done.stderr.count("error[tracking-failed]")) == (3, 1), done.stderr
        assert not re.search("secret|Traceback", done.stderr + done.stdout), other
        record = json.loads((model.parent / "record.json").read_text())
        failure = record["failure"]
        assert (record["verdict"], failure["code"]) == ("passed", "tracking-failed")
        assert (failure["step"], (model / "MLmodel").is_file()) == ("log", True)
