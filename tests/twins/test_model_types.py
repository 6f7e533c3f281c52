"""Model types of many kinds, rehearsed without weights; ``make model-types`` does all."""

from pathlib import Path

import pytest
import transformers

from tests.twins.full_size import full_size
from tests.twins.walk import walk

SAMPLE = [
    ("albert", "fill-mask"),
    ("vit", "image-classification"),
    ("decision_transformer", "native"),
    ("conditional_detr", "object-detection"),
    ("aimv2", "native"),
    ("qwen3_vl_text", "native"),
]


@pytest.mark.parametrize(("model_type", "task"), SAMPLE)
def test_a_model_type_is_rehearsed_on_a_small_twin(
    model_type: str, task: str, tmp_path: Path
) -> None:
    found = walk(model_type, tmp_path / "walk")
    assert (found.verdict, found.task) == ("passed", task), found.twin
    assert found.twin in ("fewer and narrower layers", "as small as the model itself")


def test_a_model_type_that_cannot_be_here_is_refused_with_the_reason(tmp_path: Path) -> None:
    if not hasattr(transformers, "DinatModel"):
        pytest.skip("this version of transformers has no such model")
    found = walk("dinat", tmp_path / "walk")
    assert found.verdict == "refused"
    assert "natten" in found.twin


def test_every_configuration_that_real_checkpoints_have_is_of_a_model_type() -> None:
    from tests.twins.full_size import CLASSES, REAL

    here = {*transformers.CONFIG_MAPPING}
    assert full_size("esm").vocab_size == 33
    if transformers.__version__.startswith("4."):
        assert {*CLASSES, *REAL} <= here
