"""A hundred inputs of each task whose answers docs/conformance.md calls equal to MLflow's own."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.evaluation.rows import as_rows, same
from runner.ffmpeg import ffmpeg_on_path
from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import recording
from tests.pyfunc.test_generation import prompts
from tests.pyfunc.test_question_answering import questions
from tests.pyfunc.test_tables import asked

MANY = 100


def texts() -> list[Any]:
    return prompts(MANY)


def masked() -> list[Any]:
    chance = random.Random(4)
    return [
        " ".join([*words[: (at := chance.randint(0, len(words)))], "[MASK]", *words[at:]])
        for words in map(str.split, prompts(MANY))
    ]


def labelled() -> list[Any]:
    labels = json.dumps(["happy", "sad", "a thing"])
    how = {"candidate_labels": labels, "hypothesis_template": "This example is {}."}
    return [{"sequences": text, **how} for text in prompts(MANY)]


def tables() -> list[Any]:
    return [{**row, "table": json.dumps(row["table"])} for row in asked(MANY)]


def recordings() -> list[Any]:
    chance = random.Random(6)
    return [recording(chance.randint(2000, 6000), seed) for seed in range(MANY)]


def chats() -> list[Any]:
    return [{"messages": [{"role": "user", "content": t}], "max_tokens": 3} for t in prompts(MANY)]


def completions() -> list[Any]:
    return [{"prompt": text, "max_tokens": 3} for text in prompts(MANY)]


def embedded() -> list[Any]:
    return [{"input": text} for text in prompts(MANY)]


TOGETHER: dict[str, Callable[[], list[Any]]] = {
    "text-generation": texts,
    "conversational": texts,
    "summarization": texts,
    "translation_en_to_fr": texts,
    "text2text-generation": texts,
    "text-classification": texts,
    "fill-mask": masked,
}
"""Tasks of which MLflow's code takes many inputs at once."""
CONFIG = {
    "conversational": {"initializer_range": 1.0},
    "text2text-generation": {"init_std": 1.0},
}
"""Of models that would say nothing else."""
GIVEN: dict[str, Callable[[], list[Any]]] = {
    **TOGETHER,
    "token-classification": texts,
    "question-answering": lambda: list(questions(MANY)),
    "zero-shot-classification": labelled,
    "table-question-answering": tables,
    "automatic-speech-recognition": recordings,
    "llm/v1/chat": chats,
    "llm/v1/completions": completions,
    "llm/v1/embeddings": embedded,
}


def answers(loaded: Any, given: list[Any], *, together: bool) -> Iterator[Any]:
    """Give what is answered to each input; nothing where MLflow's code finds no entity."""
    if together:
        yield from map(told, as_rows(loaded.predict(given)))
        return
    for one in given:
        try:
            yield [told(row) for row in as_rows(loaded.predict(one))]
        except IndexError:
            yield [""]


def told(row: Any) -> Any:
    """Leave out of an answer what is counted up, and what it calls its model."""
    counted = ("id", "created", "model")
    return {k: v for k, v in row.items() if k not in counted} if isinstance(row, dict) else row


@pytest.mark.parametrize("task", GIVEN)
def test_answers_are_mlflows_own(model: Packaged, task: str) -> None:
    given, together = GIVEN[task](), task in TOGETHER
    config = {"config": CONFIG[task]} if task in CONFIG else {}
    with ffmpeg_on_path():  # which MLflow's code calls by its name
        its_own = model(task, pyfunc="mlflow", **config)
        theirs = list(answers(its_own, given, together=together))
    ours = list(answers(model(task, **config), given, together=together))
    assert len(ours) == len(theirs) == MANY
    for one, mine, its in zip(given, ours, theirs, strict=True):
        assert same(mine, its), one
    assert len(set(map(repr, ours))) > 1
