"""What a test has of torchvision: the index has it for Linux with CUDA alone.

Of all of it mask-generation needs non-maximum suppression alone, which is a few lines of torch.
"""

from pathlib import Path

import pytest
import torch
from transformers.models.sam import image_processing_sam
from transformers.utils import is_torchvision_available

VERSION = "0.28.0"


def put_torchvision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runner find it installed, and transformers have its suppression.

    Args:
        folder: An empty folder, where packages are looked for from then on.
        monkeypatch: Takes it away again.
    """
    is_torchvision_available()  # it looks once: nothing else is to find this one
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").touch()
    described = folder / f"torchvision-{VERSION}.dist-info"
    described.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: torchvision\nVersion: {VERSION}\n"
    (described / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(image_processing_sam, "batched_nms", batched_nms, raising=False)


def batched_nms(
    boxes: torch.Tensor, scores: torch.Tensor, idxs: torch.Tensor, iou_threshold: float
) -> torch.Tensor:
    """Give the boxes of each class that no better one covers, the best first."""
    kept: list[int] = []
    for number in scores.argsort(descending=True, stable=True).tolist():
        same = [other for other in kept if idxs[other] == idxs[number]]
        if all(_overlap(boxes[number], boxes[other]) <= iou_threshold for other in same):
            kept.append(number)
    return torch.tensor(kept, dtype=torch.long)


def _overlap(one: torch.Tensor, other: torch.Tensor) -> float:
    low, high = torch.maximum(one[:2], other[:2]), torch.minimum(one[2:], other[2:])
    shared = (high - low).clamp(min=0).prod()
    areas = (one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod()
    return float(shared / (areas - shared))
