"""Masks, as transformers' own pipeline fills them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import Packaged

WORDS = ["my", "dog", "loves", "the", "weather", "is", "wonderful", "MLflow", ",", ".", "Paris"]


def sentences(count: int, mask: str) -> list[str]:
    """Make texts with one to three masks."""
    chance = random.Random(5)
    made: list[str] = []
    for _ in range(count):
        words = chance.choices(WORDS, k=chance.choice([1, 4, 12, 30]))
        for _ in range(chance.choice([1, 1, 2, 3])):
            words.insert(chance.randint(0, len(words)), mask)
        made.append(" ".join(words))
    return made


@pytest.mark.parametrize("architecture", ["bert", "roberta"])
@pytest.mark.parametrize(
    "options",
    [{}, {"top_k": 1}, {"top_k": 3}, {"targets": ["dog", "weather"]},
     {"targets": "dog", "top_k": 3}, {"top_k": 2, "tokenizer_kwargs": {"truncation": True}}],
    ids=str,
)  # fmt: skip
def test_tokens_and_scores_are_those_of_the_pipeline(
    shipped: Packaged, native: Packaged, architecture: str, options: dict[str, Any]
) -> None:
    ours = shipped("fill-mask", architecture=architecture)
    theirs = native("fill-mask", architecture=architecture)
    given = sentences(100, theirs.tokenizer.mask_token)
    wanted = [theirs(text, **options) for text in given]
    full = [json.loads(row) for row in ours.predict(given, {"return_scores": True, **options})]
    for row, one in zip(full, wanted, strict=True):
        masks, others = ([found] if isinstance(found[0], dict) else found for found in (row, one))
        for mask, other in zip(masks, others, strict=True):
            assert [m["score"] for m in mask] == pytest.approx(
                [o["score"] for o in other], rel=1e-4
            )
            assert [m["token_str"] for m in mask] == [o["token_str"] for o in other]
            assert [m["sequence"] for m in mask] == [o["sequence"] for o in other]
    top = options.get("top_k", 1)
    assert ours.predict(given, options) == [plain(one, top) for one in wanted]


def plain(found: Any, top: int) -> Any:
    """Give the tokens of what the pipeline found."""
    if isinstance(found[0], list):
        return [plain(mask, top) for mask in found]
    tokens = [one["token_str"].strip() for one in found]
    return tokens[:top] if top > 1 else tokens[0]


def test_more_tokens_than_there_are_is_all_of_them(shipped: Packaged, native: Packaged) -> None:
    size = len(native("fill-mask").tokenizer)
    (found,) = shipped("fill-mask").predict(["my [MASK]"], {"top_k": size + 1})
    assert len(found) == size


def test_a_recipe_without_an_example_is_proven_with_the_models_own_mask(cli: Any) -> None:
    recipe = {"task": "fill-mask", "source": {"kind": "scratch", "architecture": "roberta"}}
    Path("own.yaml").write_text(json.dumps(recipe))
    done = cli("+recipe=own.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr


def test_no_token_at_all_is_refused(shipped: Packaged) -> None:
    with pytest.raises(MlflowException, match="top_k is 0"):
        shipped("fill-mask").predict(["my [MASK]"], {"top_k": 0})
