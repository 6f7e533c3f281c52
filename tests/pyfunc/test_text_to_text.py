"""Texts made of texts: what a checkpoint says of generation does what it does in the pipeline."""

import copy
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import transformers

from runner.pyfunc.loading import Parts, pipeline_of
from runner.pyfunc.model import InferenceModel
from runner.pyfunc.settings import Settings
from runner.pyfunc.text_to_text import as_in_4
from runner.pyfunc.upstream import pipeline_tasks
from tests.pyfunc.conftest import Packaged

TEXT = "my dog loves the weather"
LOUD = {"initializer_factor": 20.0}
SEVERAL = {
    "summarization": {"prefix": "summarize: ", "max_length": 12, "num_beams": 3, "min_length": 5},
    "translation_en_to_de": {"prefix": "to German: ", "length_penalty": 3.0, "num_beams": 2},
    "translation_en_to_fr": {"prefix": "to French: ", "no_repeat_ngram_size": 1},
}
SAID: dict[str, dict[str, Any]] = {
    "nothing": {},
    "more beams": {"num_beams": 8, "length_penalty": 0.8},
    "as many beams, no more": {"num_beams": 4},
    "new tokens": {"max_new_tokens": 3},
    "a length": {"max_length": 14},
    "the usual length": {"max_length": 20},
    "both lengths": {"max_length": 14, "max_new_tokens": 3},
    "a beginning": {"forced_bos_token_id": 7, "bad_words_ids": [[9], [11]]},
}
TASKS = (
    "summarization", "text2text-generation", "translation", "translation_en_to_de",
    "translation_en_to_fr", "translation_en_to_ro",
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    "text2text-generation" not in pipeline_tasks(),
    reason="transformers 5 has no such pipeline to compare with",
)


@contextmanager
def saying(
    parts: Parts, said: dict[str, Any], specific: dict[str, Any], task: str
) -> Generator[Parts]:
    """Give the parts of a model that says more, for another task."""
    model = parts.model
    before = model.generation_config, model.config.task_specific_params
    model.generation_config = copy.deepcopy(before[0])
    model.generation_config.update(**said)
    model.config.task_specific_params = specific
    try:
        yield replace(parts, pipeline_task=task)
    finally:
        model.generation_config, model.config.task_specific_params = before


def parts_of(shipped: Packaged) -> Parts:
    return shipped("summarization", config=LOUD, model_config={})._parts


def natively(parts: Parts, **asked: Any) -> str:
    build: Any = transformers.pipeline
    made = build(parts.pipeline_task, model=copy.deepcopy(parts.model), tokenizer=parts.tokenizer)
    (found,) = made(TEXT, **asked)
    (text,) = found.values()
    return text.strip()


def by_the_code(parts: Parts, **asked: Any) -> str:
    (found,) = InferenceModel(parts, {}, Settings.of({})).predict([TEXT], asked)
    return found


@pytest.mark.parametrize("name", SAID)
def test_what_a_model_says_does_what_it_does_in_the_pipeline(shipped: Packaged, name: str) -> None:
    with saying(parts_of(shipped), SAID[name], {}, "summarization") as parts:
        assert by_the_code(parts) == natively(parts)
        assert by_the_code(parts, max_new_tokens=6) == natively(parts, max_new_tokens=6)


@pytest.mark.parametrize("task", TASKS)
def test_of_settings_for_several_tasks_those_of_the_task_count(
    shipped: Packaged, task: str
) -> None:
    with saying(parts_of(shipped), {"num_beams": 6}, SEVERAL, task) as parts:
        assert by_the_code(parts) == natively(parts)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", SAID)
def test_what_stands_for_a_pipeline_that_is_gone_is_as_it_was(
    shipped: Packaged, task: str, name: str
) -> None:
    with saying(parts_of(shipped), SAID[name], SEVERAL, task) as parts:
        pipeline = pipeline_of(parts)
        usual, prefix = as_in_4(parts)
        ours, theirs = usual.to_dict(), pipeline.generation_config.to_dict()
        assert {k: v for k, v in ours.items() if theirs[k] != v} == {"_from_model_config": True}
        assert (prefix or "") == (pipeline.prefix or "")
