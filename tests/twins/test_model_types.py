"""Model types of many kinds, rehearsed without weights; ``make model-types`` does all."""

import re
from pathlib import Path

import pytest
import transformers

from tests.twins.full_size import full_size
from tests.twins.walk import walk

PAGE = Path(__file__).parents[2] / "docs" / "model-types.md"
SAMPLE = [
    ("albert", "fill-mask"),
    ("vit", "image-classification"),
    ("decision_transformer", "native"),
    ("conditional_detr", "object-detection"),
    ("aimv2", "native"),
    ("qwen3_vl_text", "native"),
    ("lightglue", "keypoint-matching"),
    ("mlcd", "native"),
    ("vit_hybrid", "image-classification"),
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


def test_the_page_has_every_model_type_and_nearly_all_pass() -> None:
    page = PAGE.read_text(encoding="utf-8")
    verdicts = dict(re.findall(r"^\| `(.+?)` \| \S* \| (\w+) \| .+ \|$", page, re.MULTILINE))
    if f"transformers {transformers.__version__}:" in page:
        assert verdicts.keys() == {*transformers.CONFIG_MAPPING}
    passed = sum(verdict == "passed" for verdict in verdicts.values())
    lacking = page.count("needs a library that is not installed")
    assert passed >= 0.95 * len(verdicts)
    assert passed >= 0.97 * (len(verdicts) - lacking)
    assert all(verdicts[model_type] == "passed" for model_type, _ in SAMPLE)


def test_every_configuration_that_real_checkpoints_have_is_of_a_model_type() -> None:
    from tests.twins.full_size import CLASSES, REAL

    here = {*transformers.CONFIG_MAPPING}
    assert full_size("esm").vocab_size == 33
    if transformers.__version__.startswith("4."):
        assert {*CLASSES, *REAL} <= here
