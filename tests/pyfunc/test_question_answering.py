"""Answers in texts, as transformers' own pipeline finds them."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import transformers
from mlflow.exceptions import MlflowException

from tests.checkpoints import build
from tests.conftest import Outcome
from tests.pyfunc.conftest import Packaged

Cli = Callable[..., Outcome]
WORDS = [
    "my",
    "dog",
    "loves",
    "spaghetti",
    "and",
    "Paris",
    "is",
    "the",
    "Capital",
    "of",
    "france",
    ",",
    "a",
    "city",
    ".",
    "my",
    "DOG",
]
DECLARED = {
    "return_scores": False,
    "top_k": 1,
    "align_to_words": True,
    "handle_impossible_answer": False,
    "max_answer_len": 15,
    "max_seq_len": 384,
    "doc_stride": 128,
}
HAS_PIPELINE = "question-answering" in transformers.pipelines.SUPPORTED_TASKS


def questions(count: int) -> list[dict[str, str]]:
    chance = random.Random(3)
    return [
        {
            "question": " ".join(chance.choices(WORDS, k=chance.randint(1, 6))) + "?",
            "context": " ".join(chance.choices(WORDS, k=chance.choice([1, 3, 12, 40, 300]))),
        }
        for _ in range(count)
    ]


@pytest.mark.skipif(not HAS_PIPELINE, reason="transformers 5 has no such pipeline to compare with")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"top_k": 3},
        {"align_to_words": False},
        {"align_to_words": False, "top_k": 5, "max_answer_len": 2},
        {"handle_impossible_answer": True},
        {"handle_impossible_answer": True, "top_k": 4, "max_seq_len": 48, "doc_stride": 16},
        {"max_answer_len": 1},
    ],
    ids=str,
)
def test_answers_and_scores_are_those_of_the_pipeline(
    model: Packaged, saved: Any, options: dict[str, Any]
) -> None:
    hold_to_the_pipeline(model, saved, options, questions(100))


@pytest.mark.skipif(not HAS_PIPELINE, reason="transformers 5 has no such pipeline to compare with")
@pytest.mark.parametrize("options", [{}, {"align_to_words": False, "top_k": 3}], ids=str)
def test_so_they_are_where_the_context_comes_first(
    model: Packaged, saved: Any, options: dict[str, Any]
) -> None:
    left = {"tokenizer": {"padding_side": "left"}}
    hold_to_the_pipeline(model, saved, options, questions(30), load=left)


def hold_to_the_pipeline(
    model: Packaged, saved: Any, options: dict[str, Any], asked: list[dict[str, str]], **recipe: Any
) -> None:
    """Ask ours and the pipeline, and see that they say the same."""
    ours = model("question-answering", params=DECLARED, **recipe)
    path = saved("question-answering", params=DECLARED, **recipe)
    native: Any = mlflow.transformers.load_model(str(path))
    found = [json.loads(row) for row in ours.predict(asked, {"return_scores": True, **options})]
    for row, given in zip(found, asked, strict=True):
        wanted = native(**given, **options)
        rows, wanted = (one if isinstance(one, list) else [one] for one in (row, wanted))
        got = [(one["answer"], one["start"], one["end"]) for one in rows]
        assert got == [(one["answer"], one["start"], one["end"]) for one in wanted]
        assert [one["score"] for one in rows] == pytest.approx(
            [one["score"] for one in wanted], rel=1e-4, abs=1e-7
        )


def with_cls_0(model: Path, folder: Path) -> Path:
    """Copy a model whose tokenizer numbers its CLS token 0, as RoBERTa's does."""
    shutil.copytree(model, folder)
    file = folder / "components" / "tokenizer" / "tokenizer.json"
    said = json.loads(file.read_text())
    cls = said["model"]["vocab"]["<s>"]
    swapped = {0: cls, cls: 0}

    def renumbered(value: Any, key: str = "") -> Any:
        match value:
            case dict() if key == "vocab":
                return {word: swapped.get(number, number) for word, number in value.items()}
            case dict():
                return {name: renumbered(one, name) for name, one in value.items()}
            case list():
                return [renumbered(one, key) for one in value]
            case int() if key in ("id", "ids", "cls", "sep") and not isinstance(value, bool):
                return swapped.get(value, value)
            case _:
                return value

    file.write_text(json.dumps(renumbered(said)))
    config = json.loads((folder / "model" / "config.json").read_text())
    pad = config["pad_token_id"]
    config["pad_token_id"] = swapped.get(pad, pad)
    (folder / "model" / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.skipif(not HAS_PIPELINE, reason="transformers 5 has no such pipeline to compare with")
def test_a_token_of_number_0_may_begin_a_text(saved: Any, workspace: Path) -> None:
    how = {"architecture": "roberta", "params": DECLARED}
    folder = with_cls_0(saved("question-answering", **how), workspace / "model")
    ours, theirs = mlflow.pyfunc.load_model(folder), mlflow.transformers.load_model(str(folder))
    assert theirs.tokenizer.cls_token_id == 0
    asked = questions(100)
    for options in ({}, {"handle_impossible_answer": True}):
        found = ours.predict(asked, {"return_scores": True, **options})
        for row, given in zip(map(json.loads, found), asked, strict=True):
            wanted = theirs(**given, **options)
            assert row["answer"] == wanted["answer"]
            assert row["score"] == pytest.approx(wanted["score"], rel=1e-4, abs=1e-7)


def test_one_context_serves_several_questions(model: Packaged) -> None:
    ours = model("question-answering")
    context = "My dog loves spaghetti."
    together = ours.predict({"question": ["who?", "what?"], "context": [context, context]})
    assert together == ours.predict(
        [{"question": q, "context": context} for q in ("who?", "what?")]
    )


@pytest.mark.parametrize("name", ["max_answer_len", "top_k"])
def test_what_is_out_of_range_is_said(model: Packaged, name: str) -> None:
    ours = model("question-answering", params={"top_k": 1, "max_answer_len": 15})
    with pytest.raises((MlflowException, ValueError), match=f"{name} is 0"):
        ours.predict([{"question": "who?", "context": "my dog"}], {name: 0})


def test_a_question_that_fills_a_window_is_answered_or_named(shipped: Packaged) -> None:
    code = shipped("question-answering")
    context = "my dog loves spaghetti and Paris is the Capital of france . " * 40
    most = DECLARED["max_seq_len"]
    longer = {"question": "dog " * (most - 12) + "?", "context": context}
    usual = {"question": "dog?", "context": context}
    assert all(isinstance(one, str) for one in code.predict([usual, longer]))
    with pytest.raises(MlflowException, match="row 1: PanicException: `stride` must") as caught:
        code.predict([usual, longer], {"doc_stride": 128})
    assert caught.value.get_http_status_code() == 400
    fits = {"question": "dog " * (most - 12) + "?", "context": "a dog"}
    assert len(code.predict([fits], {"doc_stride": 128})) == 1
    with pytest.raises(MlflowException, match="row 1: the question has .* none is left"):
        code.predict([usual, {**longer, "question": "dog " * most}])


@pytest.mark.skipif(not HAS_PIPELINE, reason="transformers 5 has no such pipeline to compare with")
def test_a_proof_whose_tokenizer_gives_up_fails_in_words(cli: Cli, workspace: Path) -> None:
    folder = build(workspace / "source", "question-answering", "bert", {})
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "model_max_length": 20}))
    row = {"question": "my dog loves spaghetti ? " * 2, "context": "a city . " * 30}
    source = {"kind": "local", "path": str(folder)}
    views = {"inputs": [row], "views": ["source", "native"]}
    recipe = {"task": "question-answering", "source": source, "evaluation": views}
    Path("case.yaml").write_text(json.dumps(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 1, done.stderr
    assert "`stride` must be strictly less" in " ".join(done.stderr.split())
