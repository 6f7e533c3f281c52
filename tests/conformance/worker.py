"""Runs in a process without the runner: loads models as plain MLflow does and says what they give.

Reads a list of cases from the file named by the first argument and writes the answers to the
second: for each model its signature, flavor keys, files, native and pyfunc outputs, and what
MLflow's scoring server answers over HTTP.
"""

import json
import os
import socket
import sys
import threading
import urllib.error
import urllib.request
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
sys.modules["runner"] = None  # any import of the runner now fails

import mlflow  # noqa: E402
import mlflow.transformers  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import transformers  # noqa: E402
import uvicorn  # noqa: E402
from mlflow.pyfunc import scoring_server  # noqa: E402


def main() -> None:
    """Answer every case."""
    cases = json.loads(Path(sys.argv[1]).read_text())
    answers = {
        name: {
            side: answer(Path(case[side]), case)
            for side in ("ours", "plain", "extended")
            if case[side]
        }
        for name, case in cases.items()
    }
    Path(sys.argv[2]).write_text(json.dumps(answers))


def answer(path: Path, case: dict) -> dict:
    """Say everything about one model."""
    info = mlflow.models.Model.load(str(path))
    said = {
        "signature": info.signature.to_dict() if info.signature else None,
        "flavor": sorted(info.flavors.get("transformers", {})),
        "dtype": info.flavors.get("transformers", {}).get("torch_dtype"),
        "files": sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file()),
        "native": attempt(
            lambda: (native if "transformers" in info.flavors else pretrained)(path, case)
        ),
    }
    said["has_pyfunc"] = "python_function" in info.flavors
    if said["has_pyfunc"] and case["request"] is not None:
        model = mlflow.pyfunc.load_model(str(path), suppress_warnings=True)
        said["pyfunc"] = attempt(lambda: model.predict(decoded(case["input"])))
        said["served"] = attempt(lambda: serve(model, case["request"]))
    return said


def attempt(call) -> dict:
    """Give what a call gives, or how it failed."""
    try:
        return {"value": plain(call())}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"[:300]}


def native(path: Path, case: dict):
    """Call the native pipeline, or say the types of the parts where there can be none."""
    if case.get("parts"):
        parts = mlflow.transformers.load_model(str(path), return_type="components")
        return {name: type(part).__name__ for name, part in parts.items()}
    pipeline = mlflow.transformers.load_model(str(path))
    row = decoded(case["native"])
    transformers.set_seed(0)
    if isinstance(row, dict):
        return pipeline(**row, **case.get("arguments", {}))
    return pipeline(row, **case.get("arguments", {}))


def pretrained(path: Path, case: dict) -> dict:
    """Load the folders of a model without the transformers flavor, as transformers alone does."""
    config = json.loads((path / "model" / "config.json").read_text())
    autos = {"tokenizer": transformers.AutoTokenizer}
    autos["image_processor"] = transformers.AutoImageProcessor
    loaded = {p.name: autos[p.name].from_pretrained(p) for p in (path / "components").iterdir()}
    model = getattr(transformers, config["architectures"][0]).from_pretrained(path / "model")
    return {name: type(part).__name__ for name, part in {"model": model, **loaded}.items()}


def decoded(given: dict):
    """Give an input in the form callers have it."""
    match given:
        case {"bytes": file}:
            return Path(file).read_bytes()
        case {"array": file}:
            return np.load(file)
        case {"json": value}:
            return value


def serve(model, request: dict):
    """Ask MLflow's scoring server over HTTP."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        scoring_server.init(model), port=port, log_config=None, log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations",
            data=json.dumps(request).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        said = json.load(error)
        raise RuntimeError(said.get("message", said)) from error
    finally:
        server.should_exit = True
        thread.join()


def plain(value):
    """Give a value as JSON has it, without what differs from call to call."""
    match value:
        case pd.DataFrame():
            return plain(value.to_dict(orient="records"))
        case np.ndarray() | np.generic():
            return plain(value.tolist())
        case dict():
            return {
                str(k): plain(v) for k, v in value.items() if k not in ("id", "created", "model")
            }
        case list() | tuple():
            return [plain(item) for item in value]
        case float():
            return round(value, 5)
        case str() | int() | bool() | None:
            return value
        case _ if hasattr(value, "tolist"):
            return plain(value.tolist())
        case _:
            return f"<{type(value).__name__}>"


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
