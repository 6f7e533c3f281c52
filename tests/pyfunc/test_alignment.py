"""As many rows out as in, in order, and each as if it had come alone."""

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.evaluation.samples import sample_file
from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import picture, recording

ANY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)
LONG = st.integers(60, 220).map(lambda n: "the weather is wonderful today, " * (n // 8))
TEXT = st.one_of(ANY, LONG, st.sampled_from(["", "My dog", "MLflow is great!"]))
SOME = TEXT.filter(lambda text: bool(text.strip()))
WORDS = st.sampled_from(["tea", "coffee", "25", "50", "", "The total: 42 €"])
TABLES = st.integers(1, 3).flatmap(
    lambda n: st.dictionaries(
        st.sampled_from(["product", "sold", "price"]),
        st.lists(WORDS, min_size=n, max_size=n),
        min_size=1,
    )
)
BOXES = st.lists(
    st.tuples(st.sampled_from(["Total:", "42", "EUR"]), st.just([100, 100, 200, 120])), min_size=1
)
LABELS = st.lists(st.sampled_from(["a cat", "a dog", "a bird"]), min_size=1, unique=True)


IMAGE = st.builds(picture, st.integers(40, 60), st.integers(40, 60), st.integers(0, 9))
SOUND = st.builds(recording, st.integers(4000, 12_000), st.integers(0, 9))
LABELLED = st.fixed_dictionaries({"image": IMAGE, "candidate_labels": LABELS.map(json.dumps)})
SAID = st.fixed_dictionaries({"role": st.just("user"), "content": SOME})
LIMITED = {"max_tokens": st.just(4)}
ROWS: dict[str, Any] = {
    "text-generation": TEXT,
    "conversational": TEXT,
    "summarization": TEXT,
    "translation_en_to_fr": TEXT,
    "text2text-generation": TEXT,
    "text-classification": TEXT,
    "token-classification": TEXT,
    "feature-extraction": TEXT,
    "fill-mask": ANY.map(lambda text: f"{text.replace('[MASK]', '')} [MASK]."),
    "question-answering": st.fixed_dictionaries({"question": SOME, "context": SOME}),
    "table-question-answering": st.fixed_dictionaries(
        {"query": st.sampled_from(["what?", "How many?"]), "table": TABLES.map(json.dumps)}
    ),
    "automatic-speech-recognition": SOUND,
    "audio-classification": SOUND,
    "image-classification": IMAGE,
    "image-to-text": IMAGE,
    "object-detection": IMAGE,
    "image-segmentation": IMAGE,
    "depth-estimation": IMAGE,
    "image-feature-extraction": IMAGE,
    "visual-question-answering": st.fixed_dictionaries({"image": IMAGE, "question": SOME}),
    "image-text-to-text": st.fixed_dictionaries(
        {"image": IMAGE, "text": SOME.map(lambda text: f"<image> {text.replace('<image>', '')}")}
    ),
    "document-question-answering": st.fixed_dictionaries(
        {"image": IMAGE, "question": st.just("how much?"), "word_boxes": BOXES.map(json.dumps)}
    ),
    "zero-shot-image-classification": LABELLED,
    "zero-shot-object-detection": LABELLED,
    "text-to-audio": st.sampled_from(["MLflow is great!", "My dog", "tea and coffee"]),
    "llm/v1/chat": st.fixed_dictionaries(
        {"messages": st.lists(SAID, min_size=1, max_size=2), **LIMITED}
    ),
    "llm/v1/completions": st.fixed_dictionaries({"prompt": SOME, **LIMITED}),
}
FORMS = {"audio-classification": {"input_type": "bytes"}}
QUICK = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def as_list(output: Any) -> list[Any]:
    """Give an output as one item a row."""
    match output:
        case pd.DataFrame():
            return output.to_dict(orient="records")
        case np.ndarray():
            return list(output)
        case _:
            return list(output)


def same(left: Any, right: Any) -> bool:
    """Compare: text exactly, numbers within 1e-4."""
    match left:
        case dict():
            known = left.keys() - {"id", "created"}
            return left.keys() == right.keys() and all(same(left[k], right[k]) for k in known)
        case list():
            return len(left) == len(right) and all(map(same, left, right))
        case str() | None:
            return left == right
        case _:
            return bool(np.allclose(left, right, atol=1e-4))


@pytest.mark.parametrize("task", ROWS)
@QUICK
@given(data=st.data())
def test_a_batch_gives_what_its_rows_give_alone(model: Packaged, task: str, data: Any) -> None:
    rows = data.draw(st.lists(ROWS[task], min_size=1, max_size=7))
    rows = data.draw(st.permutations(rows + rows[:2]))
    loaded = model(task, **FORMS.get(task, {}))
    together = as_list(loaded.predict(rows))
    alone = [as_list(loaded.predict([row])) for row in rows]
    assert len(together) == len(rows)
    assert all(len(one) == 1 for one in alone)
    assert all(same(a, b[0]) for a, b in zip(together, alone, strict=True))


LABEL = SOME.filter(lambda text: "{" not in text and "}" not in text).map(str.strip)


@QUICK
@given(
    texts=st.lists(SOME, min_size=1, max_size=3),
    labels=st.lists(LABEL, min_size=2, max_size=3, unique=True),
)
def test_zero_shot_has_a_row_for_each_text_and_label(
    model: Packaged, texts: list[str], labels: list[str]
) -> None:
    rows = [{"sequences": text, "candidate_labels": json.dumps(labels)} for text in texts]
    table = model("zero-shot-classification").predict(rows)
    assert table["sequence"].tolist() == [text for text in texts for _ in labels]
    for number in range(len(texts)):
        part = table.iloc[number * len(labels) : (number + 1) * len(labels)]
        assert sorted(part["labels"]) == sorted(label.strip() for label in labels)
        assert part["scores"].sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("budget", [1, 40, 100_000])
def test_the_budget_of_a_batch_changes_nothing_but_speed(
    model: Packaged, saved: Any, budget: int
) -> None:
    rows = ["a", "the weather is wonderful " * 6, "b", "", "a"]
    other = mlflow.pyfunc.load_model(
        str(saved("text-generation")), model_config={"batch_tokens": budget}
    )
    assert other.predict(rows) == model("text-generation").predict(rows)


def test_several_sequences_are_a_list_a_row(model: Packaged) -> None:
    config = {"max_new_tokens": 3, "num_return_sequences": 2, "do_sample": True, "seed": 1}
    found = model("text-generation", model_config=config).predict(["My dog", "What is MLflow?"])
    assert [len(row) for row in found] == [2, 2]
    assert all(text.startswith("My dog") for text in found[0])
    assert all(text.startswith("What is MLflow?") for text in found[1])


def test_a_seed_makes_sampling_repeat(model: Packaged) -> None:
    config = {"max_new_tokens": 8, "do_sample": True, "temperature": 5.0}
    loaded = model("text-generation", model_config=config, params={"seed": 1})
    first = loaded.predict(["My dog"], params={"seed": 7})
    assert loaded.predict(["My dog"], params={"seed": 7}) == first
    assert loaded.predict(["My dog"], params={"seed": 8}) != first


def test_a_text_without_an_entity_is_an_empty_value(model: Packaged) -> None:
    config = {"aggregation_strategy": "simple", "ignore_labels": ["O", "PER"]}
    loaded = model("token-classification", model_config=config)
    assert loaded.predict(["My name is Sarah.", ""]) == ["", ""]


def test_full_outputs_come_on_request(model: Packaged) -> None:
    labels = model("text-classification").predict(["a", "b"], params={"top_k": 2})
    assert [sorted(row) for row in labels["label"]] == [["LABEL_0", "LABEL_1"]] * 2
    assert labels["score"].map(sum).tolist() == pytest.approx([1, 1])
    (entities,) = model("token-classification").predict(["My dog"], params={"return_scores": True})
    assert {"score", "start", "end"} <= set(json.loads(entities)[0])
    asked = {"question": "who?", "context": "My dog loves spaghetti."}
    (found,) = model("question-answering").predict([asked], params={"return_scores": True})
    answer = json.loads(found)
    assert asked["context"][answer["start"] : answer["end"]] == answer["answer"]


@pytest.mark.parametrize("pooling", ["mean", "cls", "last", "none"])
def test_embeddings_are_pooled_as_asked(model: Packaged, saved: Any, pooling: str) -> None:
    import torch
    from transformers import AutoTokenizer

    loaded = model("feature-extraction")
    raw = loaded.get_raw_model().model
    tokenizer = AutoTokenizer.from_pretrained(
        saved("feature-extraction") / "components" / "tokenizer"
    )
    rows = ["My dog", "the weather is wonderful today"]
    found = loaded.predict(rows, params={"pooling": pooling, "normalize": True})
    for text, vector in zip(rows, found, strict=True):
        with torch.inference_mode():
            states = raw(**tokenizer(text, return_tensors="pt"))[0][0]
        wanted = {"mean": states.mean(0), "cls": states[0], "last": states[-1], "none": states}
        unit = torch.nn.functional.normalize(wanted[pooling], dim=-1)
        assert np.allclose(vector, unit.numpy(), atol=1e-5)


def test_recordings_and_images_come_in_every_form(model: Packaged, tmp_path: Path) -> None:
    import base64

    sound, picture = sample_file(tmp_path, "audio"), sample_file(tmp_path, "image")
    heard = model("automatic-speech-recognition").predict([sound.read_bytes(), sound.read_bytes()])
    assert len(heard) == 2
    assert heard[0] == heard[1] != ""
    samples = np.zeros(8000, np.float32)
    assert len(model("audio-classification").predict(samples)) == 1
    encoded = base64.b64encode(picture.read_bytes()).decode()
    seen = model("image-classification").predict([str(picture), encoded, picture.as_uri()])
    assert seen["label"].nunique() == 1
    assert seen["score"].nunique() == 1
    assert len(model("image-to-text").predict([str(picture)] * 3)) == 3
    asked = {"image": str(picture), "question": "What is this?"}
    assert len(model("visual-question-answering").predict([asked, asked])) == 2


def test_chat_counts_tokens_and_says_why_it_ended(model: Packaged) -> None:
    chat = model("llm/v1/chat")
    request = {
        "messages": [{"role": "user", "content": "What is MLflow?"}],
        "max_tokens": 3,
        "n": 2,
        "temperature": 1.0,
    }
    (reply,) = chat.predict(request)
    assert reply["object"] == "chat.completion"
    assert [c["index"] for c in reply["choices"]] == [0, 1]
    assert all(c["message"]["role"] == "assistant" for c in reply["choices"])
    assert reply["choices"][0]["finish_reason"] == "length"
    usage = reply["usage"]
    assert usage["completion_tokens"] == 6
    assert usage["total_tokens"] == usage["prompt_tokens"] + 6


def test_a_stop_word_ends_the_answer_and_is_not_part_of_it(model: Packaged) -> None:
    loaded = model("llm/v1/completions")
    request = {"prompt": "What is MLflow?", "max_tokens": 6}
    whole = loaded.predict(request)[0]["choices"][0]
    word = whole["text"][2:5]
    assert len(word) == 3
    stopped = loaded.predict({**request, "stop": [word]})[0]["choices"][0]
    assert stopped["text"] == whole["text"][:2]
    assert stopped["finish_reason"] == "stop"


def test_new_tokens_are_no_more_than_the_model_has_positions_for(model: Packaged) -> None:
    long, short = "a " * 500, "a"
    loaded = model("llm/v1/completions")
    ask = [{"prompt": text, "max_tokens": 40} for text in (long, short)]
    long_answer, short_answer = loaded.predict(ask)
    used = long_answer["usage"]
    assert used["total_tokens"] <= 512
    assert long_answer["choices"][0]["finish_reason"] == "length"
    assert used["completion_tokens"] < short_answer["usage"]["completion_tokens"] <= 40


@pytest.mark.parametrize("task", ["text2text-generation", "text-generation"])
def test_a_text_under_a_name_is_that_text(model: Packaged, task: str) -> None:
    loaded, texts = model(task), ["My dog", "the weather"]
    alone = [loaded.predict(text)[0] for text in texts]
    for form in ([{"text": text} for text in texts], pd.DataFrame({"text": texts})):
        assert loaded.predict(form) == alone
