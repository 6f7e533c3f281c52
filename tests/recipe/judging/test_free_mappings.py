"""Values in ``model_config``, ``params`` and ``load`` are held against what an argument takes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome

START = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
TYPE, RANGE = "wrong-argument-type", "argument-out-of-range"
WRONG = [
    ("model_config: {do_sample: no}", TYPE, "16", "write false"),
    ('model_config: {do_sample: "true"}', TYPE, "16", "write true"),
    ('model_config: {max_new_tokens: "4"}', TYPE, "16", "write 4"),
    ("model_config: {max_new_tokens: 4L}", TYPE, "16", "write 4"),
    ("model_config: {num_beams: 2.5}", TYPE, "16", "a whole number from 1 on"),
    ("model_config: {num_beams: true}", TYPE, "16", "not true"),
    ("model_config: {num_beams: null}", TYPE, "16", "is empty; it takes a whole number"),
    ("model_config: {temperature: [1]}", TYPE, "16", "not a list"),
    ("model_config: {top_p: 1.5}", RANGE, "16", "a number from 0 to 1"),
    ("model_config: {max_new_tokens: 0}", RANGE, "16", "`model_config.max_new_tokens`"),
    ("model_config: {seed: one}", TYPE, "16", "a whole number"),
    ("model_config: {batch_tokens: all}", RANGE, "16", "`auto`"),
    ("model_config: {eos_token_id: end}", TYPE, "16", "a whole number or a list"),
    ("model_config: {num_assistant_tokens: 0}", RANGE, "16", "a whole number from 1 on"),
    ("model_config: {low_memory: no}", TYPE, "16", "write false"),
    ("model_config: {stop: 5}", TYPE, "16", "text or a list"),
    ("params: {temperature: bad}", TYPE, "10", 'not the text "bad"'),
    ('params: {max_new_tokens: "4"}', TYPE, "10", "write 4"),
    ("params: {max_new_tokens: {type: double, default: 4}}", TYPE, "27", "Write `type: long`"),
    ("params: {max_new_tokens: {type: string, default: null}}", TYPE, "27",
     "`params.max_new_tokens` is of type string, and takes a whole number"),
    ("params: {do_sample: [true]}", TYPE, "10", "not a list"),
    ("params: {top_p: 2.0}", RANGE, "10", "a number from 0 to 1"),
    ("load: {tokenizer: {padding_side: 3}}", TYPE, "20", "`left` or `right`, not the number 3"),
    ("load: {tokenizer: {padding_side: lft}}", RANGE, "20", "Did you mean `left`?"),
    ("load: {tokenizer: {use_fast: yes}}", TYPE, "20", "write true"),
    ("load: {tokenizer: {split_digits: on}}", TYPE, "20", "write true"),
]  # fmt: skip
RIGHT = [
    "model_config: {max_new_tokens: null, temperature: 1, top_p: 1.0, forced_eos_token_id: [1, 2]}",
    "params: {stop: {type: string, shape: [-1], default: [a]}}",
    "model_config: {stop: [a, b], collapse_whitespace: true, batch_tokens: auto}",
    "model_config: {eos_token_id: [1, 2], sequence_bias: [[[1], 0.5]], dola_layers: high}",
    "params: {top_p: {type: double, default: null}, temperature: 1, max_new_tokens: 4}",
    "load: {tokenizer: {model_max_length: null, eos_token: <end>, of_its_own_class: no}}",
]
FROM_THE_COMMAND_LINE = [
    ("+model_config.do_sample=no", TYPE, "write false"),
    ('+model_config.max_new_tokens="4"', TYPE, "write 4"),
    ("+params.temperature=bad", TYPE, 'not the text "bad"'),
    ("+params.max_length=4L", TYPE, "write 4"),
    ("+load.tokenizer.padding_side=3", TYPE, "`left` or `right`"),
    ("+model_config.top_p=3", RANGE, "a number from 0 to 1"),
]


@pytest.mark.parametrize(("text", "code", "column", "said"), WRONG, ids=[w[0] for w in WRONG])
def test_a_value_that_an_argument_does_not_take_is_found_in_its_place(
    cli: Callable[..., Outcome], workspace: Path, text: str, code: str, column: str, said: str
) -> None:
    (workspace / "bad.yaml").write_text(START + text + "\n")
    done = cli("validate", "bad.yaml")
    assert done.code == 2
    (found, _) = done.stdout.splitlines()
    assert found.startswith(f"bad.yaml:3:{column} error[{code}] "), found
    assert said in found


@pytest.mark.parametrize("text", ["1e400", "nan", "L", "-", "4x"])
def test_a_text_that_spells_no_number_is_not_told_to_be_one(
    cli: Callable[..., Outcome], workspace: Path, text: str
) -> None:
    (workspace / "bad.yaml").write_text(f"{START}model_config: {{temperature: '{text}'}}\n")
    (found, _) = cli("validate", "bad.yaml").stdout.splitlines()
    assert found.endswith(f'takes a number from 0 on, not the text "{text}".')


@pytest.mark.parametrize("text", RIGHT)
def test_what_an_argument_takes_is_well(
    cli: Callable[..., Outcome], workspace: Path, text: str
) -> None:
    (workspace / "good.yaml").write_text(START + text + "\n")
    done = cli("validate", "good.yaml")
    assert done.code == 0, done.stdout


@pytest.mark.parametrize(("override", "code", "said"), FROM_THE_COMMAND_LINE)
def test_a_value_on_the_command_line_is_found_as_well(
    cli: Callable[..., Outcome], workspace: Path, override: str, code: str, said: str
) -> None:
    (workspace / "good.yaml").write_text(START)
    done = cli("show", f"+recipe={workspace / 'good.yaml'}", override)
    assert done.code == 2
    assert f"command line error[{code}]" in done.stderr, done.stderr
    assert said in done.stderr


def test_the_same_word_is_another_argument_where_nothing_is_generated(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    start = "task: text-classification\nsource: {kind: scratch, architecture: bert}\n"
    (workspace / "labels.yaml").write_text(start + "model_config: {top_k: 0}\n")
    assert "a whole number from 1 on" in cli("validate", "labels.yaml").stdout
    (workspace / "text.yaml").write_text(START + "model_config: {top_k: 0}\n")
    assert cli("validate", "text.yaml").code == 0


def test_an_argument_of_a_request_is_told_by_its_own_name(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    start = START.replace("text-generation", "llm/v1/chat")
    (workspace / "chat.yaml").write_text(
        start + "model_config: {max_tokens: 0}\n"
        "evaluation: {inputs: [{messages: [{role: user, content: a}], max_tokens: 0}]}\n"
    )
    first, second, _ = cli("validate", "chat.yaml").stdout.splitlines()
    assert "`model_config.max_tokens` takes a whole number from 1 on, not the number 0" in first
    assert "has the number 0 for `max_tokens`" in second
