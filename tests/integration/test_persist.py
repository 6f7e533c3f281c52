"""``persist``: weights into models that reference them, in a folder, a store, a server's store."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import mlflow
import pytest
import yaml

from tests.adapters import native_answers, save_adapter
from tests.checkpoints import causal_lm
from tests.command import alone, start_alone
from tests.conftest import Outcome
from tests.hub_server import Hub
from tests.integration.packaging import PROMPTS, loaded, run, weight_files
from tests.isolated import isolated
from tests.shared_hub import leave_hub

Cli = Callable[..., Outcome]


@pytest.fixture
def first(workspace: Path) -> Path:
    """The model on the hub."""
    return causal_lm(workspace / "one", seed=3)


def reference(cli: Cli, workspace: Path, hub: Hub, first: Path, **more: object) -> Path:
    """Package a reference to the model on the hub."""
    hub.add("org/tiny", first)
    recipe = {"source": {"kind": "hub", "repo": "org/tiny"}, "save_pretrained": False, **more}
    done, model, _ = run(cli, workspace, recipe)
    assert done.code == 0, done.stderr
    return model


def files(model: Path) -> dict[str, bytes]:
    """The files of a model but its description, with their content."""
    found = (p for p in model.rglob("*") if p.is_file() and p.name != "MLmodel")
    return {str(p.relative_to(model)): p.read_bytes() for p in found}


@pytest.mark.parametrize("dtype", ["auto", "bfloat16"])
def test_a_persisted_reference_equals_a_model_with_weights(
    cli: Cli, workspace: Path, hub: Hub, first: Path, dtype: str
) -> None:
    model = reference(cli, workspace, hub, first, dtype=dtype)
    kept = shutil.copytree(model, workspace / "kept")
    done = alone(workspace, "persist", str(kept))
    assert done.code == 0, done.stderr
    _, whole, _ = run(
        cli, workspace, {"source": {"kind": "hub", "repo": "org/tiny"}, "dtype": dtype}
    )
    assert files(kept) == files(whole)
    flavors = [yaml.safe_load((m / "MLmodel").read_text())["flavors"] for m in (kept, whole)]
    assert flavors[0]["transformers"].keys() == flavors[1]["transformers"].keys()
    assert "source_model_revision" not in flavors[0]["transformers"]
    again = alone(workspace, "persist", str(kept))
    assert "there already" in again.stdout


def test_a_persisted_model_runs_without_the_hub(
    cli: Cli, workspace: Path, hub: Hub, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = reference(cli, workspace, hub, first)
    assert alone(workspace, "persist", str(model)).code == 0
    hub.broken = 503
    leave_hub(monkeypatch)
    wanted = native_answers(first, None, PROMPTS, 5)
    assert loaded(model, workspace) == [wanted, wanted]


def test_an_adapter_gets_its_base(cli: Cli, workspace: Path, hub: Hub, first: Path) -> None:
    adapter = save_adapter("lora", first, workspace / "adapter")
    model = reference(cli, workspace, hub, first, adapter={"kind": "local", "path": str(adapter)})
    done = alone(workspace, "persist", str(model), "--output", "json")
    assert done.code == 0, done.stderr
    assert done.document["bytes"] > 0
    assert weight_files(model) == ["model/model.safetensors"]
    wanted = native_answers(first, adapter, PROMPTS, 5)
    assert loaded(model, workspace) == [wanted, wanted]


def test_mlflows_own_references_can_be_persisted(
    workspace: Path, hub: Hub, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/tiny", first)
    code = """
import mlflow.transformers, transformers
pipeline = transformers.pipeline("text-generation", model="org/tiny")
mlflow.transformers.save_model(
    pipeline, "plain", save_pretrained=False, pip_requirements=["mlflow"]
)
answer(0)
"""
    isolated(code, workspace)
    assert alone(workspace, "persist", "plain").code == 0
    leave_hub(monkeypatch)
    ask = f"""
import mlflow.transformers
found = mlflow.transformers.load_model("plain")
answer([found(p, max_new_tokens=5, do_sample=False)[0]["generated_text"] for p in {PROMPTS!r}])
"""
    said = isolated(ask, workspace)
    assert [text.strip() for text in said] == native_answers(first, None, PROMPTS, 5)


def test_registered_and_logged_models_are_changed_in_place(
    cli: Cli, workspace: Path, hub: Hub, first: Path
) -> None:
    hub.add("org/tiny", first)
    uri = f"sqlite:///{workspace}/mlflow.db"
    recipe = {
        "task": "text-generation",
        "source": {"kind": "hub", "repo": "org/tiny"},
        "save_pretrained": False,
        "evaluation": {"inputs": PROMPTS},
        "tracking": {"register_as": "assistant"},
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    done = alone(workspace, "+recipe=case.yaml", f"tracking.uri={uri}")
    assert done.code == 0, done.stderr
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    version = client.get_model_version("assistant", "1")
    (logged,) = client.get_run(version.run_id).outputs.model_outputs
    named = [
        "models:/assistant/1",
        "models:/assistant/latest",
        f"models:/{logged.model_id}",
        f"runs:/{version.run_id}/model",
    ]
    outcomes = [
        alone(workspace, "persist", name, "--tracking-uri", uri, "--output", "json")
        for name in named
    ]
    assert [o.code for o in outcomes] == [0, 0, 0, 0], outcomes[-1].stderr
    assert outcomes[0].document["bytes"] > 0
    assert {o.document["how"] for o in outcomes[1:]} == {"already there"}


@pytest.fixture
def server(workspace: Path) -> Iterator[str]:
    """An MLflow server that hands out artifacts itself."""
    import socket
    import urllib.error
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1",
         "--backend-store-uri", f"sqlite:///{workspace}/server.db",
         "--artifacts-destination", str(workspace / "store"), "--serve-artifacts"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    waiting = threading.Event()
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
            break
        except (urllib.error.URLError, ConnectionError):
            waiting.wait(0.2)
    yield f"http://127.0.0.1:{port}"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_model_in_a_remote_store_is_changed_in_place(
    workspace: Path, hub: Hub, first: Path, server: str
) -> None:
    hub.add("org/tiny", first)
    recipe = {
        "task": "text-generation",
        "source": {"kind": "hub", "repo": "org/tiny"},
        "save_pretrained": False,
        "model_config": {"max_new_tokens": 5, "do_sample": False},
        "evaluation": {"inputs": PROMPTS},
        "tracking": {"register_as": "assistant"},
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    done = alone(workspace, "+recipe=case.yaml", f"tracking.uri={server}")
    assert done.code == 0, done.stderr
    done = alone(workspace, "persist", "models:/assistant/1", "--tracking-uri", server)
    assert done.code == 0, done.stderr
    hub.broken = 503
    ask = f"""
mlflow.set_tracking_uri({server!r})
answer(mlflow.pyfunc.load_model("models:/assistant/1").predict({PROMPTS!r}))
"""
    said = isolated(ask, workspace)
    assert [text.strip() for text in said] == native_answers(first, None, PROMPTS, 5)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("no-such-folder", "is not there. Name the folder of a model"),
        ("models:/nobody/1", "models:/nobody/1 is not known to sqlite:///mlflow.db"),
        ("runs:/0123456789abcdef/model", "is not known to"),
    ],
)
def test_a_model_that_is_not_there_is_said_plainly(
    cli: Cli, workspace: Path, uri: str, said: str
) -> None:
    done = cli("persist", uri)
    assert done.code == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_at_any_moment_a_model_still_loads(
    cli: Cli, workspace: Path, hub: Hub, first: Path
) -> None:
    model = reference(cli, workspace, hub, first)
    wanted = native_answers(first, None, PROMPTS, 5)
    kept = workspace / "kept"
    waiting = threading.Event()
    shutil.copytree(model, kept)
    began = time.perf_counter()
    assert alone(workspace, "persist", str(kept)).code == 0
    usual = time.perf_counter() - began
    finished = 0
    for moment in range(20):
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(model, kept)
        running = start_alone(workspace, "persist", str(kept))
        waiting.wait(usual * moment / 18)
        with suppress(ProcessLookupError):  # it may be over
            os.kill(running.pid, signal.SIGKILL)
        running.end()
        described = yaml.safe_load((kept / "MLmodel").read_text())["flavors"]["transformers"]
        if "model_binary" in described:
            finished += 1
            assert (kept / "model" / "model.safetensors").is_file()
        if moment in (0, 10, 19):
            assert loaded(kept, workspace) == [wanted, wanted]
    assert alone(workspace, "persist", str(kept)).code == 0
    assert loaded(kept, workspace) == [wanted, wanted]
