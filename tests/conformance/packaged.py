"""Package every case twice, by a recipe and by plain MLflow, and ask both models the same."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow.transformers
import numpy as np
import torch
import transformers
import yaml

from runner.cli import main
from runner.evaluation.samples import sample_file
from runner.ffmpeg import decode, ffmpeg_on_path
from runner.sources import SourceContext
from runner.sources.scratch.source import ScratchSource
from runner.tasks import get_task
from runner.upstream.transformers_source import has_pipeline
from tests.conformance.cases import Case, cases

WORKER = Path(__file__).parent / "worker.py"
LOADERS: dict[str, Any] = {
    "tokenizer": transformers.AutoTokenizer,
    "feature_extractor": transformers.AutoFeatureExtractor,
    "image_processor": transformers.AutoImageProcessor,
    "processor": transformers.AutoProcessor,
}
PINS = ["mlflow", "torch", "transformers"]


class Packaged:
    """Every case, packaged and asked.

    Args:
        folder: An empty folder to work in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sound = sample_file(folder, "audio")
        np.save(sound.with_suffix(".npy"), np.frombuffer(decode(sound, 16_000), np.float32))
        picture = sample_file(folder, "image")
        self.cases = {case.name: case for case in cases(sound, picture)}
        self._checkpoints: dict[tuple[str, str], Path] = {}
        self.verdicts: dict[tuple[str, str], dict[str, Any]] = {}
        questions = {name: self._package(case, sound) for name, case in self.cases.items()}
        self.answers = self._ask(questions)

    def checkpoint(self, case: Case) -> Path:
        """Make the small model of a case, once for an architecture and task."""
        key = (case.task, case.architecture)
        if key not in self._checkpoints:
            work = (
                self.folder / "checkpoints" / f"{case.task}-{case.architecture}".replace("/", "-")
            )
            work.mkdir(parents=True)
            source = ScratchSource(kind="scratch", architecture=case.architecture)
            context = SourceContext(work, work, get_task(case.task))
            self._checkpoints[key] = source.resolve(context).folder
        return self._checkpoints[key]

    def _package(self, case: Case, sound: Path) -> dict[str, Any]:
        checkpoint = self.checkpoint(case)
        native = case.native or case.input
        there = has_pipeline(get_task(case.task).pipeline_task)
        return {
            "ours": str(self._by_recipe(case, checkpoint, sound, "mlflow")) if there else "",
            "plain": str(self._by_hand(case, checkpoint)) if there else "",
            "extended": str(self._by_recipe(case, checkpoint, sound, "extended")),
            "input": case.input,
            "request": case.request,
            "native": native,
            "arguments": case.config,
            "parts": "processor" in get_task(case.task).components,
        }

    def _by_recipe(self, case: Case, checkpoint: Path, sound: Path, pyfunc: str) -> Path:
        recipe = {
            "pyfunc": pyfunc,
            "task": case.task,
            "source": {"kind": "local", "path": str(checkpoint)},
            **({"model_config": case.config} if case.config else {}),
            **case.recipe,
        }
        if get_task(case.task).input_types:
            recipe["evaluation"] = {"inputs": [str(sound)]}
        file = self.folder / "recipes" / pyfunc / f"{case.name}.yaml"
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(yaml.safe_dump(recipe))
        out = self.folder / pyfunc
        code = main([f"+recipe={file}", f"out={out}", "tracking.uri=null"])
        point = next(out.glob(f"**/{case.name}/default"))
        record = json.loads((point / "record.json").read_text())
        self.verdicts[pyfunc, case.name] = {**record, "code": int(code)}
        return point / "model"

    def _by_hand(self, case: Case, checkpoint: Path) -> Path:
        """Save as a plain script does, with what MLflow cannot go without here."""
        task = get_task(case.task)
        parts = {name: LOADERS[name].from_pretrained(checkpoint) for name in task.components}
        pipeline = transformers.pipeline(task.pipeline_task, model=str(checkpoint), **parts)
        path = self.folder / "plain" / case.name
        mlflow.transformers.save_model(
            pipeline,
            str(path),
            task=case.task if task.mlflow_schema else None,
            torch_dtype=torch.float32,
            model_config=dict(case.config) or None,
            pip_requirements=PINS,
            processor=parts.get("processor"),
            **case.save,
        )
        return path

    def _ask(self, questions: dict[str, Any]) -> dict[str, Any]:
        asked, told = self.folder / "questions.json", self.folder / "answers.json"
        asked.write_text(json.dumps(questions))
        with ffmpeg_on_path():
            done = subprocess.run(
                [sys.executable, "-I", str(WORKER), str(asked), str(told)],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "HF_HUB_OFFLINE": "1"},
            )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(told.read_text())
