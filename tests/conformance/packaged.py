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
from runner.machine.ffmpeg import decode, ffmpeg_on_path
from runner.sources import SourceContext
from runner.sources.scratch.source import ScratchSource
from runner.tasks import get_task
from runner.tasks.media import Media
from runner.upstream.transformers_source import has_pipeline
from tests.conformance.cases import Case, cases
from tests.conformance.samples import Samples, drawn

WORKER = Path(__file__).parent / "worker.py"
LOADERS: dict[str, Any] = {
    "tokenizer": transformers.AutoTokenizer,
    "feature_extractor": transformers.AutoFeatureExtractor,
    "image_processor": transformers.AutoImageProcessor,
    "processor": transformers.AutoProcessor,
}
PINS = ["mlflow", "torch", "transformers"]
_ONE_LAYER: dict[str, dict[str, int]] = {
    "bert": {"num_hidden_layers": 1},
    "gpt2": {"n_layer": 1},
    "t5": {"num_layers": 1, "num_decoder_layers": 1},
}
"""Of those that are asked most: what is compared is the way to the model and back."""
MANY = 100
_SEEN: tuple[Media, ...] = ("image", "video")
VIEWS = ("native", "pyfunc", "served")


class Packaged:
    """Every case, packaged and asked.

    Args:
        folder: An empty folder to work in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sound = sample_file(folder, "audio")
        np.save(sound.with_suffix(".npy"), np.frombuffer(decode(sound, 16_000), np.float32))
        self.cases = by_name(Samples(sound, *(sample_file(folder, kind) for kind in _SEEN)))
        self._checkpoints: dict[tuple[str, str], Path] = {}
        self._named: dict[str, str] = {}
        self._models: dict[str, dict[str, str]] = {}
        self.verdicts: dict[tuple[str, str], dict[str, Any]] = {}
        (folder / "drawn").mkdir()
        many = [by_name(drawn(number, folder / "drawn")) for number in range(MANY)]
        self.asked = {
            name: [_asked(one) for one in (case, *(of[name] for of in many))]
            for name, case in self.cases.items()
        }
        questions = {
            name: {
                **self._package(case, sound),
                "arguments": case.config,
                "numbers": self.numbers(case),
                "asked": self.asked[name],
            }
            for name, case in self.cases.items()
        }
        self.answers = self._ask(questions)

    def numbers(self, case: Case) -> dict[str, dict[str, list[int]]]:
        """Say which inputs each model of a case is asked in each view: 0 is the case's own.

        The views of a case together ask a hundred. So do all forms of a task natively, and by
        pyfunc, in a process or served, where MLflow answers by pyfunc.
        """
        forms = sum(other.task == case.task for other in self.cases.values())
        pyfunc = get_task(case.task).pyfunc
        natively = -(-MANY // forms)
        otherwise = max(MANY // len(VIEWS) + 1, natively // 2) if pyfunc else 0
        asked: dict[str, dict[str, list[int]]] = {"plain": {}, "ours": {}, "extended": {}}
        for place, view in enumerate(VIEWS):
            first, share = MANY * place // len(VIEWS), natively if view == "native" else otherwise
            drawn = [1 + (first + at) % MANY for at in range(share)]
            asked["plain"][view] = asked["extended"][view] = [0, *drawn]
            asked["ours"][view] = [0, *drawn[: MANY // len(VIEWS) + 1 if pyfunc else MANY]]
        return asked

    def checkpoint(self, case: Case) -> Path:
        """Make the small model of a case, once for an architecture and task."""
        key = (case.task, case.architecture)
        if key not in self._checkpoints:
            work = (
                self.folder / "checkpoints" / f"{case.task}-{case.architecture}".replace("/", "-")
            )
            work.mkdir(parents=True)
            source = ScratchSource(
                kind="scratch",
                architecture=case.architecture,
                config=_ONE_LAYER.get(case.architecture, {}),
            )
            context = SourceContext(work, work, get_task(case.task))
            self._checkpoints[key] = source.resolve(context).folder
        return self._checkpoints[key]

    def _package(self, case: Case, sound: Path) -> dict[str, Any]:
        """Package a case in all ways, once for the forms of input that share a model."""
        task = get_task(case.task)
        key = repr((case.task, case.config, case.recipe, case.save))
        first = self._named.setdefault(key, case.name)
        if first == case.name:
            checkpoint, there = self.checkpoint(case), has_pipeline(task.pipeline_task)
            self._models[case.name] = {
                "plain": str(self._by_hand(case, checkpoint)) if there else "",
                "ours": str(self._by_recipe(case, checkpoint, sound, "mlflow")) if there else "",
                "extended": str(self._by_recipe(case, checkpoint, sound, "extended")),
            }
        for pyfunc in ("mlflow", "extended"):
            if (pyfunc, first) in self.verdicts:
                self.verdicts[pyfunc, case.name] = self.verdicts[pyfunc, first]
        return {**self._models[first], "parts": "processor" in task.components}

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


def by_name(samples: Samples) -> dict[str, Case]:
    """Give the cases of samples, by their names."""
    return {case.name: case for case in cases(samples)}


def _asked(case: Case) -> dict[str, Any]:
    return {
        "input": case.input,
        "request": case.request,
        "native": case.native or case.input,
    }
