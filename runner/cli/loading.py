"""How a model is loaded and asked: lines of Python for whoever has it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.evaluation.inputs import as_callers_write
from runner.records import RunRecord
from runner.tasks import Column, Task, get_task
from runner.tasks.media import Media

_SAMPLES: Mapping[Media, tuple[str, list[str]]] = {
    "image": ("sample.png", ['PIL.Image.new("RGB", (64, 64)).save("sample.png")']),
    "audio": (
        "sample.wav",
        [
            'with wave.open("sample.wav", "wb") as sample:',
            '    sample.setparams((1, 2, 16000, 0, "NONE", None))',
            "    sample.writeframes(bytes(32000))",
            "",
        ],
    ),
    "video": (
        "sample.mp4",
        [
            'with av.open("sample.mp4", "w") as sample:',
            '    stream = sample.add_stream("mpeg4", width=64, height=64, rate=25)',
            "    for _ in range(128):",
            "        sample.mux(stream.encode(av.VideoFrame(64, 64)))",
            "    sample.mux(stream.encode())",
            "",
        ],
    ),
}
"""A file of each kind, and what makes it."""
_IMPORTS: Mapping[Media, str] = {
    "image": "import PIL.Image",
    "audio": "import wave",
    "video": "import av",
}


def loading_lines(record: RunRecord, folder: Path | None = None) -> list[str]:
    """Give lines of Python that load a model and ask it something.

    Args:
        record: The record of its run.
        folder: The folder that files of its first input are relative to. Where such a file is
            not there, the lines make a sample.
    """
    task = _as_signed(get_task(record.task), record)
    if record.views and all(view.view == "native" for view in record.views):
        parts = ', return_type="components"' if task.needs_parts else ""
        load = f'model = mlflow.transformers.load_model("{record.model}"{parts})'
        return ["import mlflow", load, "print(model)"]
    load = f'model = mlflow.pyfunc.load_model("{record.model}")'
    given = as_callers_write(task, record.inputs[0])
    media = [e for e in task.inputs if isinstance(e, Column) and e.media]
    if not media:
        return ["import mlflow", load, f"print(model.predict({given!r}))"]
    form = _inputs(record)[0]
    if isinstance(given, dict):
        files = {e.name: _file(given[e.name], e.media, form, folder) for e in media}
        items = ((k, files[k][1] if k in files else repr(v)) for k, v in given.items())
        asked = "{" + ", ".join(f"{key!r}: {value}" for key, value in items) + "}"
    else:
        files = {"": _file(given, media[0].media, form, folder)}
        asked = files[""][1]
    before = next((lines for lines, _ in files.values() if lines), [])
    imports = ["import mlflow", *([_IMPORTS[media[0].media]] if before else [])]
    imports += ["import numpy as np"] if "np." in asked else []
    return [*imports, *before, load, f"print(model.predict({asked}))"]


def _as_signed(task: Task, record: RunRecord) -> Task:
    """Give the task with its one input named, and structured columns JSON text, as it is signed."""
    signed = _inputs(record)
    texts = {entry.get("name") for entry in signed if entry.get("type") == "string"}
    task = replace(task, json_columns=tuple(name for name in task.json_columns if name in texts))
    own = task.inputs[0]
    if len(signed) == len(task.inputs) == 1 and isinstance(own, Column) and not own.name:
        return replace(task, inputs=(replace(own, name=signed[0].get("name", "")),))
    return task


def _inputs(record: RunRecord) -> list[dict[str, Any]]:
    return json.loads(record.signature.get("inputs") or "[{}]")


def _file(
    value: object, kind: Media, signed: Mapping[str, Any], folder: Path | None
) -> tuple[list[str], str]:
    """Give lines that make a sample where there is no file, and the expression of the input."""
    path, form = str(value), signed.get("type")
    if form == "tensor":
        spec = signed["tensor-spec"]
        shape = (*(1,) * (len(spec["shape"]) - 1), 16000)
        return [], f'np.zeros({shape}, "{spec["dtype"]}")'
    if form == "array":
        return [], "[0.0] * 16000"
    if "://" in path:
        return [], repr(path)
    before: list[str] = []
    if folder and (folder / path).is_file():
        path = str((folder / path).absolute())
    else:
        path, before = _SAMPLES[kind]
    return before, f'open({path!r}, "rb").read()' if form == "binary" else repr(path)
