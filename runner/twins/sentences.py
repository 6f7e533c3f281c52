"""The modules of sentence-transformers behind a twin: as declared, small enough, and random."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from runner.pyfunc.sentences import WEIGHTS, WIDTHS, Sentences, Step


def put_modules(sentences: Sentences, width: int, folder: Path) -> None:
    """Write modules whose sizes fit the twin in place of those that fit the model.

    Args:
        sentences: What the checkpoint declares.
        width: Numbers of a hidden state of the twin.
        folder: The twin's folder, with the declaration's files in it.
    """
    widths: dict[str, int] = {}
    for step in sentences.steps:
        given = widths.get(step.reads, width)
        sizes, widths[step.writes] = _sizes(step, given)
        if not sizes:
            continue
        config: dict[str, Any] = {**step.config, **sizes}
        (folder / step.path).mkdir(parents=True, exist_ok=True)
        (folder / step.path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        if step.has_weights:
            save_file(_random(step, sizes), folder / step.path / WEIGHTS, {"format": "pt"})


def _sizes(step: Step, given: int) -> tuple[dict[str, int], int]:
    """Give the sizes to write into a step's configuration, and the width of what it makes."""
    match step.kind:
        case "Pooling":
            said = {name: given for name in WIDTHS if name in step.config}
            return said, given * len(step.poolings)
        case "Dense":
            return {"in_features": given}, int(step.config["out_features"])
        case "LayerNorm":
            return {"dimension": given}, given
        case "Normalize":
            return {}, given


def _random(step: Step, sizes: dict[str, int]) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    if step.kind == "LayerNorm":
        size = (sizes["dimension"],)
        return {"norm.weight": torch.ones(size), "norm.bias": torch.zeros(size)}
    out = int(step.config["out_features"])
    weights = {"linear.weight": torch.randn((out, sizes["in_features"]), generator=generator)}
    if step.config.get("bias", True):
        weights["linear.bias"] = torch.zeros(out)
    return weights
