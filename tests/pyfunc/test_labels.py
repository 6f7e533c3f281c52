"""Labels of texts, as transformers' own pipeline gives them."""

import random
from typing import Any

import pytest

from runner.pyfunc.settings import Settings
from tests.pyfunc.conftest import Packaged

TASK = "text-classification"
WORDS = ["my", "dog", "loves", "the", "weather", "is", "wonderful", "MLflow", "not", ".", "Paris"]
RECIPE: dict[str, Any] = {"labels": ["good", "bad", "neither"]}


def sentences(count: int) -> list[str]:
    chance = random.Random(7)
    lengths = [1, 5, 20, 80]
    return [" ".join(chance.choices(WORDS, k=chance.choice(lengths))) for _ in range(count)]


@pytest.mark.parametrize(
    "options",
    [
        {}, {"top_k": 1}, {"top_k": 2}, {"top_k": 9}, {"return_all_scores": True},
        {"return_all_scores": False}, {"return_all_scores": True, "top_k": 2},
        {"function_to_apply": "sigmoid"}, {"function_to_apply": "none", "top_k": 3},
        {"function_to_apply": "softmax", "return_all_scores": True},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("pairs", [False, True])
def test_labels_and_scores_are_those_of_the_pipeline(
    shipped: Packaged,
    native: Packaged,
    options: dict[str, Any],
    pairs: bool,
) -> None:
    texts = sentences(100)
    given: list[Any] = texts
    if pairs:
        others = [*texts[50:], *texts[:50]]
        given = [{"text": a, "text_pair": b} for a, b in zip(texts, others, strict=True)]
    found = shipped(TASK, **RECIPE).predict(given, options)
    wanted = native(TASK, **RECIPE)(given, **options)
    for got, one in zip(found.to_dict(orient="records"), wanted, strict=True):
        rows = one if isinstance(one, list) else [one]
        labels = got["label"] if isinstance(got["label"], list) else [got["label"]]
        scores = got["score"] if isinstance(got["score"], list) else [got["score"]]
        assert labels == [row["label"] for row in rows]
        assert scores == pytest.approx([row["score"] for row in rows], rel=1e-4)


def test_a_pair_is_two_columns_of_a_signature_that_names_them(model: Packaged) -> None:
    columns = [{"name": "text", "type": "string"}, {"name": "text_pair", "type": "string"}]
    signature = {
        "inputs": columns,
        "outputs": [{"name": "label", "type": "string"}, {"name": "score", "type": "double"}],
    }
    loaded = model(TASK, **RECIPE, params={}, signature=signature)
    pair = {"text": "my dog", "text_pair": "is wonderful"}
    alone = model(TASK, **RECIPE).predict("my dog")
    assert loaded.predict([pair])["score"][0] != alone["score"][0]


@pytest.mark.parametrize("task", ["zero-shot-classification", "text-classification"])
def test_a_model_without_a_token_to_pad_with_answers(
    shipped: Packaged, native: Packaged, task: str
) -> None:
    recipe: dict[str, Any] = {
        "architecture": "gpt2",
        "labels": ["contradiction", "neutral", "entailment"],
        "params": {},
    }
    loaded = shipped(task, **recipe)
    kept = loaded._parts.tokenizer, loaded._parts.model.config
    for one in kept:
        one.pad_token_id = None
    unpadded = type(loaded)(loaded._parts, {}, Settings.of({}))
    texts = sentences(20)
    if task == "text-classification":
        found = unpadded.predict(texts, {})
        alone = [native(task, **recipe)(text)[0] for text in texts]
        assert found["label"].tolist() == [one["label"] for one in alone]
        return
    labels = ["a dog", "the weather"]
    rows = [{"sequences": text, "candidate_labels": labels} for text in texts]
    found = unpadded.predict(rows, {})
    for number, text in enumerate(texts):
        wanted = native(task, **recipe)(text, labels)
        part = found.iloc[2 * number : 2 * number + 2]
        assert part["labels"].tolist() == wanted["labels"]
        assert part["scores"].tolist() == pytest.approx(wanted["scores"], rel=1e-4)
