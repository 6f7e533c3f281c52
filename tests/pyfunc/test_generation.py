"""Text that is generated, as transformers' own pipeline generates it."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
import transformers
from mlflow.exceptions import MlflowException

from runner.pyfunc.loading import pipeline_of
from tests.pyfunc.conftest import Packaged
from tests.pyfunc.test_requests import serving

TASK = "text-generation"
WORDS = ["my", "dog", "loves", "the", "weather", "is", "wonderful", "MLflow", ",", ".", "Paris"]
PLAIN: dict[str, Any] = {"model_config": {"max_new_tokens": 5}}
ENDS = list(range(300, 330))
PROTOCOLS = ["llm/v1/chat", "llm/v1/completions"]


def prompts(count: int) -> list[str]:
    chance = random.Random(11)
    return [" ".join(chance.choices(WORDS, k=chance.choice([1, 4, 12]))) for _ in range(count)]


def ask(content: str = "My dog", **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], "max_tokens": 6, **more}


def text_of(choice: dict[str, Any]) -> str:
    """Give the text of an answer of either protocol."""
    return choice["message"]["content"] if "message" in choice else choice["text"]


@pytest.mark.parametrize(
    "options",
    [
        {"do_sample": False},
        {"do_sample": False, "prefix": "MLflow is great! "},
        {"do_sample": False, "stop_sequence": "the dog is"},
        {"do_sample": False, "eos_token_id": ENDS},
        {"do_sample": False, "return_full_text": False, "num_beams": 2, "num_return_sequences": 2},
        {"do_sample": False, "skip_special_tokens": False, "add_special_tokens": True},
        {"do_sample": False, "return_dict_in_generate": True, "output_scores": True},
        {"do_sample": False, "handle_long_generation": "hole", "padding": True},
        {"do_sample": False, "tokenizer_encode_kwargs": {"truncation": True, "max_length": 3}},
        {},
        {"temperature": 2.0, "top_k": 5},
    ],
    ids=str,
)
def test_texts_are_those_of_the_pipeline(
    shipped: Packaged, native: Packaged, options: dict[str, Any]
) -> None:
    ours, theirs = shipped(TASK, **PLAIN), native(TASK, **PLAIN)
    given = prompts(100)
    if options.get("do_sample") is False:
        found = ours.predict(given, options)
    else:  # each row from the same seed: a batch draws other numbers
        found = [ours.predict([text], {**options, "seed": 3})[0] for text in given]
    for text, row in zip(given, found, strict=True):
        transformers.set_seed(3)
        wanted = [
            one["generated_text"].strip() for one in theirs(text, max_new_tokens=5, **options)
        ]
        assert (row if isinstance(row, list) else [row]) == wanted


def test_what_nobody_says_is_as_in_the_pipeline(shipped: Packaged) -> None:
    pipeline = shipped(TASK, **PLAIN).get_raw_model()
    assert isinstance(pipeline, transformers.TextGenerationPipeline)
    assert pipeline.generation_config.do_sample
    first, second = (shipped(TASK, **PLAIN).predict(["My dog"] * 8) for _ in range(2))
    assert first != second  # sampled, as natively


@pytest.mark.parametrize("task", PROTOCOLS)
def test_what_nobody_says_is_as_in_the_pipeline_for_the_protocols(
    shipped: Packaged, task: str
) -> None:
    loaded = shipped(task, **PLAIN)
    pipeline, chats = loaded.get_raw_model(), task.endswith("chat")
    assert pipeline.generation_config.do_sample
    for seed, text in enumerate(prompts(20)):
        messages = [{"role": "user", "content": text}]
        request = {"messages": messages} if chats else {"prompt": text}
        (reply,) = loaded.predict([request], {"seed": seed})
        transformers.set_seed(seed)
        given = messages if chats else text
        (wanted,) = pipeline(given, max_new_tokens=5, return_full_text=False)
        (choice,) = reply["choices"]
        assert text_of(choice).strip() == wanted["generated_text"].strip()


def test_end_tokens_of_the_recipe_end_answers_however_the_model_is_loaded(
    model: Packaged, native: Packaged
) -> None:
    config = {"do_sample": False, "max_new_tokens": 6, "eos_token_id": list(range(259, 512, 2))}
    how = {"model_config": config, "config": {"initializer_range": 1.0}}
    ours, theirs = model(TASK, **how), native(TASK, **how)
    chat, talks = model("llm/v1/chat", **how), native("llm/v1/chat", **how)
    reasons: set[str] = set()
    for text in prompts(30):
        assert ours.predict(text) == [theirs(text, **config)[0]["generated_text"].strip()]
        messages = [{"role": "user", "content": text}]
        (reply,) = chat.predict({"messages": messages})
        (choice,) = reply["choices"]
        wanted = talks(messages, **config)[0]["generated_text"][-1]["content"]
        assert choice["message"]["content"].strip() == wanted.strip()
        if reply["usage"]["completion_tokens"] < 6:
            assert choice["finish_reason"] == "stop"
        reasons.add(choice["finish_reason"])
    assert reasons == {"stop", "length"}


def test_an_end_token_of_the_config_ends_the_answer(shipped: Packaged) -> None:
    loaded = shipped("llm/v1/completions")
    ended = 0
    for text in prompts(100):
        (free,) = loaded.predict([{"prompt": text, "max_tokens": 6}])
        (held,) = loaded.predict([{"prompt": text, "max_tokens": 6}], {"eos_token_id": ENDS})
        if held["usage"]["completion_tokens"] < 6:
            ended += 1
            assert held["choices"][0]["finish_reason"] == "stop"
            assert free["choices"][0]["text"].startswith(held["choices"][0]["text"])
    assert ended


def test_each_of_several_answers_ends_and_is_counted_by_itself(shipped: Packaged) -> None:
    loaded = shipped("llm/v1/completions")
    pipeline = loaded.get_raw_model()
    uneven = 0
    for seed, text in enumerate(prompts(40)):
        request = {"prompt": text, "max_tokens": 8, "n": 4, "temperature": 3.0}
        (reply,) = loaded.predict([request], {"seed": seed, "eos_token_id": ENDS})
        transformers.set_seed(seed)
        drawn = pipeline(
            text, max_new_tokens=8, num_return_sequences=4, do_sample=True, temperature=3.0,
            eos_token_id=ENDS, return_tensors=True,
        )  # fmt: skip
        new = [one["generated_token_ids"][reply["usage"]["prompt_tokens"] :] for one in drawn]
        ends = [next((at for at, one in enumerate(row) if one in ENDS), None) for row in new]
        reasons = ["length" if end is None else "stop" for end in ends]
        assert [choice["finish_reason"] for choice in reply["choices"]] == reasons
        counts = [8 if end is None else end + 1 for end in ends]
        assert reply["usage"]["completion_tokens"] == sum(counts)
        uneven += len({*counts}) > 1
    assert uneven


def test_every_answer_of_several_is_counted_to_its_own_end(shipped: Packaged) -> None:
    loaded = shipped("llm/v1/completions")
    tokenizer = loaded.get_raw_model().tokenizer
    uneven = 0
    for seed, text in enumerate(prompts(40)):
        request = {"prompt": text, "max_tokens": 8, "n": 4, "temperature": 3.0, "stop": ["e", "t"]}
        (reply,) = loaded.predict([request], {"seed": seed})
        said = [(c["text"], c["finish_reason"]) for c in reply["choices"]]
        reasons = {reason for _, reason in said}
        uneven += len(reasons) == 2
        least = sum(8 if reason == "length" else 1 for _, reason in said)
        assert least <= reply["usage"]["completion_tokens"] <= 32
        shown = sum(len(tokenizer(text)["input_ids"]) for text, _ in said)
        assert reply["usage"]["completion_tokens"] <= max(shown, least) + 4 * 4
        assert all("e" not in text and "t" not in text for text, _ in said)
    assert uneven


def test_one_answer_is_counted_as_among_several(shipped: Packaged) -> None:
    loaded = shipped("llm/v1/completions")
    request = {"prompt": "What is MLflow?", "max_tokens": 8}
    text = loaded.predict([request])[0]["choices"][0]["text"]
    asked = {**request, "stop": [text[1:3]]}
    alone = loaded.predict([asked])[0]["usage"]["completion_tokens"]
    pair = loaded.predict([{**asked, "n": 2}], {"num_beams": 2})[0]
    assert alone < 8
    assert pair["usage"]["completion_tokens"] <= 16


def penalised(loaded: Any, ids: list[int], presence: float, frequency: float) -> list[int]:
    """Choose five tokens by what the protocol says of penalties, one at a time."""
    model, said = loaded.get_raw_model().model, list[int]()
    for _ in range(5):
        with torch.no_grad():
            scores = model(torch.tensor([[*ids, *said]])).logits[0, -1]
        for token in {*said}:
            scores[token] -= presence + frequency * said.count(token)
        said.append(int(scores.argmax()))
    return said


@pytest.mark.parametrize("task", PROTOCOLS)
@pytest.mark.parametrize(("presence", "frequency"), [(2, 0), (0, 2), (0.02, 0.01)])
def test_penalties_are_those_of_the_protocol(
    shipped: Packaged, task: str, presence: float, frequency: float
) -> None:
    loaded = shipped(task)
    tokenizer = loaded.get_raw_model().tokenizer
    said = {"presence_penalty": presence, "frequency_penalty": frequency, "max_tokens": 5}
    for number, text in enumerate(prompts(6)):
        asked: dict[str, Any] = {"prompt": text}
        ids = tokenizer(text)["input_ids"]
        if task.endswith("chat"):
            asked = {"messages": [{"role": "user", "content": text}]}
            framed = tokenizer.apply_chat_template(
                asked["messages"], add_generation_prompt=True, tokenize=False
            )
            ids = tokenizer(framed, add_special_tokens=False)["input_ids"]
        of_recipe = number % 2  # what a recipe or a param says is said of every request
        (reply,) = loaded.predict([asked], said) if of_recipe else loaded.predict([asked | said])
        wanted = penalised(loaded, ids, presence, frequency)
        assert (
            text_of(reply["choices"][0])
            == tokenizer.decode(wanted, skip_special_tokens=True).lstrip()
        )
        if presence + frequency == 2:
            assert wanted != penalised(loaded, ids, 0, 0)


@pytest.mark.parametrize("task", PROTOCOLS)
def test_several_greedy_answers_are_refused(shipped: Packaged, task: str) -> None:
    request = ask() if task.endswith("chat") else {"prompt": "a"}
    with pytest.raises(MlflowException, match="`n` is 2, and greedy decoding has one answer"):
        shipped(task).predict([{**request, "n": 2}])
    with pytest.raises(MlflowException, match="`n` is 3, and 2 beams have 2"):
        shipped(task).predict([{**request, "n": 3}], {"num_beams": 2})
    assert len(shipped(task).predict([{**request, "n": 2, "temperature": 1}])[0]["choices"]) == 2


@pytest.mark.parametrize(
    "more",
    [{"tools": [{"type": "function", "function": {"name": "f"}}]}, {"logprobs": True},
     {"response_format": {"type": "json_object"}}, {"custom_inputs": {"a": 1}}],
    ids=str,
)  # fmt: skip
def test_a_field_that_is_not_supported_is_refused_by_name(
    shipped: Packaged, more: dict[str, Any]
) -> None:
    (name,) = more
    with pytest.raises(MlflowException, match=f"row 0: `{name}` is not supported"):
        shipped("llm/v1/chat").predict([ask(**more)])
    assert shipped("llm/v1/chat").predict([ask(tools=[], custom_inputs=None, stream=False)])


@pytest.mark.parametrize("name", ["return_tensors", "return_type", "return_text"])
def test_what_is_no_text_is_refused(shipped: Packaged, name: str) -> None:
    with pytest.raises(MlflowException, match=name):
        shipped(TASK, **PLAIN).predict(["a"], {name: True})


def test_a_template_frames_completions(shipped: Packaged, native: Packaged) -> None:
    framed = shipped("llm/v1/completions", prompt_template="Say: {prompt} now")
    plain = shipped("llm/v1/completions")
    for text in prompts(20):
        (one,) = framed.predict([{"prompt": text, "max_tokens": 4}])
        (other,) = plain.predict([{"prompt": f"Say: {text} now", "max_tokens": 4}])
        assert one["choices"] == other["choices"]
        assert one["usage"] == other["usage"]


@pytest.mark.parametrize("task", PROTOCOLS)
def test_an_answer_names_the_model_as_its_recipe_or_the_registry_does(
    model: Packaged, saved: Any, task: str, tmp_path: Path
) -> None:
    request = ask() if task.endswith("chat") else {"prompt": "a", "max_tokens": 2}
    registered = {"tracking": {"register_as": "assistant"}}
    for more, name in (({}, "case"), (registered, "assistant")):
        loaded = model(task, **more)
        moved = shutil.copytree(saved(task, **more), tmp_path / name / "elsewhere")
        for one in (loaded, mlflow.pyfunc.load_model(str(moved))):
            assert one.predict(request)[0]["model"] == name
        assert {chunk["model"] for chunk in loaded.predict_stream(request)} == {name}
        server = serving(loaded)
        assert next(server)(json.dumps(request))[1][0]["model"] == name
        next(server, None)


def test_building_a_pipeline_leaves_the_configuration_as_it_was(shipped: Packaged) -> None:
    parts = shipped(TASK, **PLAIN)._parts
    parts.model.config.task_specific_params = {TASK: {"prefix": "a: "}}
    assert pipeline_of(parts).prefix == "a: "
    assert parts.model.config.task_specific_params == {TASK: {"prefix": "a: "}}
    parts.model.config.task_specific_params = None


def test_a_chat_goes_on_with_its_last_message(shipped: Packaged) -> None:
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "My dog"}]
    loaded = shipped("llm/v1/chat")
    (anew,) = loaded.predict([{"messages": messages, "max_tokens": 3}])
    (on,) = loaded.predict(
        [{"messages": messages, "max_tokens": 3}], {"continue_final_message": True}
    )
    assert on["usage"]["prompt_tokens"] < anew["usage"]["prompt_tokens"]
