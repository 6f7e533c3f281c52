"""Runs in a process without the runner: loads models as plain MLflow does and says what they give.

Reads a list of cases from the file named by the first argument and writes to the second, for each
model, its signature, flavor keys, files, and what it gave to the case's own input: natively, by
pyfunc, and over HTTP from MLflow's scoring server. Of the many drawn inputs it says which ones
plain MLflow's model answered, and where the other models' answers differ from its.
"""

import json
import os
import random
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path

warnings.filterwarnings("ignore")
sys.path.append(str(Path(__file__).parent))
sys.modules["runner"] = None  # any import of the runner now fails

import mlflow  # noqa: E402
import mlflow.transformers  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
import uvicorn  # noqa: E402
from comparing import same  # noqa: E402
from mlflow.pyfunc import scoring_server  # noqa: E402

SIDES = ("plain", "ours", "extended")


def main() -> None:
    """Answer every case."""
    cases = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps({name: said(case) for name, case in cases.items()}))


def said(case: dict) -> dict:
    """Say everything about the models of a case."""
    models = {side: Model(Path(case[side]), case, side) for side in SIDES if case[side]}
    found = {side: {**model.described(), **model.first} for side, model in models.items()}
    if "plain" in models:
        for side, model in models.items():
            found[side]["differs"] = {
                view: differing(models["plain"].answers.get(view, {}), answers)
                for view, answers in model.answers.items()
            }
        found["plain"]["answered"] = {
            view: [number for number, one in answers.items() if "value" in one]
            for view, answers in models["plain"].answers.items()
        }
    return found


def differing(theirs: dict, ours: dict) -> list:
    """Give the number and both answers where two differ; what both refuse does not."""
    return [
        [number, theirs[number], our]
        for number, our in ours.items()
        if number in theirs
        and not ("error" in theirs[number] and "error" in our)
        and not same(theirs[number], our)
    ]


class Model:
    """A model and what it says to the inputs of a case.

    Args:
        path: Its folder.
        case: The case, with its own input, number 0, and the drawn ones.
        side: Which of the case's models it is: that says which inputs it is asked in which view.
    """

    def __init__(self, path: Path, case: dict, side: str) -> None:
        self.path, self.case, self.numbers = path, case, case["numbers"][side]
        self.info = mlflow.models.Model.load(str(path))
        self.has_pyfunc = "python_function" in self.info.flavors

    def described(self) -> dict:
        """Give what is packaged."""
        flavor = self.info.flavors.get("transformers", {})
        files = (p.relative_to(self.path) for p in self.path.rglob("*") if p.is_file())
        return {
            "signature": self.info.signature.to_dict() if self.info.signature else None,
            "flavor": sorted(flavor),
            "dtype": flavor.get("torch_dtype"),
            "files": sorted(map(str, files)),
            "has_pyfunc": self.has_pyfunc,
        }

    @property
    def first(self) -> dict:
        """What it says to the case's own input, in each view."""
        return {view: answers[0] for view, answers in self.answers.items()}

    @cached_property
    def answers(self) -> dict:
        """What it says to the inputs that each view asks, by their numbers."""
        found = {"native": self.asked("native", self.native)}
        if self.has_pyfunc:
            model = mlflow.pyfunc.load_model(str(self.path), suppress_warnings=True)
            found["pyfunc"] = self.asked("pyfunc", lambda one: model.predict(decoded(one["input"])))
            with serving(model) as ask:
                found["served"] = self.asked("served", lambda one: ask(one["request"]))
        return found

    def asked(self, view: str, call: Callable) -> dict:
        """Ask all that a view asks."""
        asked = self.case["asked"]
        return {number: attempt(call, asked[number]) for number in self.numbers[view]}

    def native(self, one: dict):
        """Call what plain MLflow loads natively."""
        row = decoded(one["native"])
        seed(0)
        if not callable(self.loaded):
            return {name: type(part).__name__ for name, part in self.loaded.items()}
        arguments = self.case["arguments"]
        if isinstance(row, dict):
            return self.loaded(**row, **arguments)
        return self.loaded(row, **arguments)

    @cached_property
    def loaded(self):
        """The native pipeline; the parts of a model that has none."""
        if "transformers" not in self.info.flavors:
            return pretrained(self.path)
        if not self.case["parts"]:
            return mlflow.transformers.load_model(str(self.path))
        parts = mlflow.transformers.load_model(str(self.path), return_type="components")
        return transformers.pipeline(parts.pop("task"), **parts)


def seed(number: int) -> None:
    """Seed what draws here: torch's own way of it remembers each call, for devices to come."""
    random.seed(number)
    np.random.seed(number)
    torch.default_generator.manual_seed(number)


def pretrained(path: Path) -> dict:
    """Load the folders of a model without the transformers flavor, as transformers alone does."""
    config = json.loads((path / "model" / "config.json").read_text())
    autos = {"tokenizer": transformers.AutoTokenizer}
    autos["image_processor"] = transformers.AutoImageProcessor
    loaded = {p.name: autos[p.name].from_pretrained(p) for p in (path / "components").iterdir()}
    model = getattr(transformers, config["architectures"][0]).from_pretrained(path / "model")
    return {"model": model, **loaded}


def attempt(call, one: dict) -> dict:
    """Give what a call gives, or how it failed."""
    try:
        return {"value": plain(call(one))}
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        return {"error": f"{type(error).__name__}: {lines[0]}"[:300]}


def decoded(given: dict):
    """Give an input in the form callers have it."""
    match given:
        case {"bytes": file}:
            return Path(file).read_bytes()
        case {"array": file}:
            return np.load(file)
        case {"json": value}:
            return value


@contextmanager
def serving(model) -> Iterator:
    """Run MLflow's scoring server on a model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        scoring_server.init(model), port=port, log_config=None, log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)

    kept = HTTPConnection("127.0.0.1", port)

    def ask(request: dict):
        kept.request(
            "POST", "/invocations", json.dumps(request), {"Content-Type": "application/json"}
        )
        reply = kept.getresponse()
        said = json.load(reply)
        if reply.status != 200:
            raise RuntimeError(said.get("message", said))
        return said

    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield ask
    finally:
        kept.close()
        server.should_exit = True
        thread.join()


def plain(value):
    """Give a value as JSON has it, without what differs from call to call."""
    match value:
        case pd.DataFrame():
            return plain(value.to_dict(orient="records"))
        case np.ndarray() if value.dtype.kind == "f":
            return value.astype(float).round(5).tolist()
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
        case _ if hasattr(value, "numpy"):
            return plain(value.numpy())
        case _ if hasattr(value, "tolist"):
            return plain(value.tolist())
        case _:
            return f"<{type(value).__name__}>"


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
