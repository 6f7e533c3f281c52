"""Small random models of every task with the runner's inference code, packaged once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml
from mlflow.models import Model

from runner.cli import main
from runner.pyfunc.model import InferenceModel
from tests.torchvision_nms import put_torchvision

SHORT = {"max_new_tokens": 4, "do_sample": False}
RECIPES: dict[str, dict[str, Any]] = {
    "text-generation": {"architecture": "gpt2", "model_config": SHORT},
    "conversational": {"architecture": "gpt2", "model_config": SHORT},
    "summarization": {"architecture": "t5", "model_config": {**SHORT, "num_beams": 2}},
    "translation_en_to_fr": {"architecture": "t5", "model_config": {**SHORT, "num_beams": 1}},
    "text2text-generation": {"architecture": "bart", "model_config": {**SHORT, "num_beams": 1}},
    "text-classification": {"architecture": "bert", "params": {"top_k": 1}},
    "token-classification": {
        "architecture": "bert",
        "labels": ["O", "B-PER", "I-PER"],
        "params": {"return_scores": False},
        "model_config": {"aggregation_strategy": "simple"},
    },
    "fill-mask": {"architecture": "bert"},
    "feature-extraction": {
        "architecture": "bert",
        "params": {"pooling": "mean", "normalize": False},
    },
    "question-answering": {"architecture": "bert", "params": {"return_scores": False}},
    "zero-shot-classification": {"architecture": "bert"},
    "table-question-answering": {"architecture": "tapas"},
    "automatic-speech-recognition": {"architecture": "wav2vec2"},
    "audio-classification": {"architecture": "wav2vec2", "input_type": "array"},
    "image-classification": {"architecture": "vit", "params": {"top_k": 1}},
    "image-to-text": {"architecture": "blip", "model_config": SHORT},
    "visual-question-answering": {"architecture": "vilt"},
    "document-question-answering": {"architecture": "layoutlm"},
    "object-detection": {"architecture": "yolos", "model_config": {"threshold": 0.1}},
    "zero-shot-object-detection": {"architecture": "owlvit", "model_config": {"threshold": 0.1}},
    "zero-shot-image-classification": {"architecture": "clip"},
    "image-segmentation": {"architecture": "segformer"},
    "depth-estimation": {"architecture": "glpn"},
    "image-feature-extraction": {"architecture": "vit"},
    "image-to-image": {"architecture": "swin2sr"},
    "keypoint-matching": {"architecture": "efficientloftr"},
    "mask-generation": {
        "architecture": "sam",
        "model_config": {
            "points_per_crop": 8,
            "pred_iou_thresh": -100,
            "stability_score_thresh": -1,
        },
    },
    "video-classification": {"architecture": "videomae"},
    "zero-shot-audio-classification": {"architecture": "clap"},
    "image-text-to-text": {"architecture": "llava", "model_config": SHORT},
    "text-to-audio": {
        "architecture": "vits",
        "config": {"noise_scale": 0.0, "noise_scale_duration": 0.0},
    },
    "llm/v1/chat": {"architecture": "gpt2", "model_config": {"do_sample": False}},
    "llm/v1/completions": {"architecture": "gpt2", "model_config": {"do_sample": False}},
    "llm/v1/embeddings": {"architecture": "bert"},
}

Packaged = Callable[..., Any]


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What mask-generation needs of torchvision, for one test."""
    put_torchvision(tmp_path_factory.mktemp("site"), monkeypatch)


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Package a task, once for each set of changes; give the model's folder."""
    done: dict[str, Path] = {}

    def package(task: str, **changes: Any) -> Path:
        key = repr((task, changes))
        if key not in done:
            folder = tmp_path_factory.mktemp("model")
            usual = dict(RECIPES[task])
            if changes.get("pyfunc") == "mlflow":
                usual.pop("params", None)  # of the runner's code alone
            recipe = {**usual, **changes}
            source = {"kind": "scratch", "architecture": recipe.pop("architecture")}
            source |= {k: recipe.pop(k) for k in ("labels", "config") if k in recipe}
            recipe = {"task": task, "source": source, "evaluation": {"views": []}, **recipe}
            file = folder / "case.yaml"
            file.write_text(yaml.safe_dump(recipe))
            before = Path.cwd()
            os.chdir(folder)
            try:
                assert main([f"+recipe={file}", "out=out", "tracking.uri=null"]) == 0
            finally:
                os.chdir(before)
            done[key] = folder / "out" / "case" / "default" / "model"
        return done[key]

    return package


@pytest.fixture(scope="session")
def model(saved: Callable[..., Path]) -> Packaged:
    """Package a task and load it as pyfunc, once."""
    loaded: dict[str, Any] = {}

    def load(task: str, **changes: Any) -> Any:
        path = str(saved(task, **changes))
        if path not in loaded:
            loaded[path] = mlflow.pyfunc.load_model(path)
        return loaded[path]

    return load


@pytest.fixture(scope="session")
def shipped(saved: Callable[..., Path]) -> Packaged:
    """Load the code of a packaged task; its ``predict`` takes params that no signature declares."""
    loaded: dict[str, Any] = {}

    def load(task: str, **changes: Any) -> Any:
        path = saved(task, **changes)
        if str(path) not in loaded:
            flavor: Any = Model.load(str(path)).flavors["python_function"]
            loaded[str(path)] = InferenceModel.load(path, dict(flavor["config"]))
        return loaded[str(path)]

    return load


@pytest.fixture(scope="session")
def native(saved: Callable[..., Path]) -> Packaged:
    """Load a packaged task as a pipeline of transformers, once."""
    loaded: dict[str, Any] = {}

    def load(task: str, **changes: Any) -> Any:
        path = str(saved(task, **changes))
        if path not in loaded:
            loaded[path] = mlflow.transformers.load_model(path)
        return loaded[path]

    return load
