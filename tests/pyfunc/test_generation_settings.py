"""Every setting of generation, wherever it is said: answers as the pipeline's, or a refusal."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import transformers
import yaml
from mlflow.exceptions import MlflowException
from transformers import GenerationConfig

from runner.pyfunc.loading import Parts, pipeline_of
from runner.pyfunc.model import InferenceModel
from runner.pyfunc.settings import Settings
from runner.upstream.transformers_source import generation_arguments
from tests.checkpoints import build
from tests.conftest import Outcome
from tests.pyfunc.conftest import Packaged

TEXT = "my dog loves the weather"
LOUD = {"initializer_range": 1.0}
TASK = "text-generation"
USUAL = {"do_sample": False, "max_new_tokens": 5}
DRAWN = {"do_sample": True, "temperature": 3.0}
BEAMS = {"num_beams": 4}
REFUSED = "refused"
BETTER = {"max_length", "stop_strings"}
"""Settings that the pipeline of text-generation does not come to where a call names them: its own
bound of 256 new tokens wins over the one, and it hands no tokenizer on for the other."""


def settings_of(greedy: list[int]) -> dict[str, dict[str, Any]]:
    """Give for each setting a value that is told by its answer, with what it needs beside it.

    Args:
        greedy: Tokens that the model answers.
    """
    first, second, third = greedy[:3]
    return {
        "max_length": {"max_length": 9, "max_new_tokens": None},
        "max_new_tokens": {"max_new_tokens": 3},
        "min_length": {"min_length": 40, "eos_token_id": second},
        "min_new_tokens": {"min_new_tokens": 4, "eos_token_id": second},
        "early_stopping": {**BEAMS, "early_stopping": "never", "eos_token_id": second},
        "max_time": {"max_time": 1000.0},
        "stop_strings": {"stop_strings": ["a", "e"]},
        "do_sample": DRAWN,
        "num_beams": BEAMS,
        "use_cache": {"use_cache": False},
        "cache_implementation": {"cache_implementation": "static"},
        "cache_config": {"cache_config": {"nbits": 4}},
        "return_legacy_cache": {"return_legacy_cache": True},
        "prefill_chunk_size": {"prefill_chunk_size": 2},
        "temperature": {**DRAWN, "temperature": 0.5},
        "top_k": {**DRAWN, "top_k": 2},
        "top_p": {**DRAWN, "top_p": 0.3},
        "min_p": {**DRAWN, "min_p": 0.4},
        "typical_p": {**DRAWN, "typical_p": 0.2},
        "epsilon_cutoff": {**DRAWN, "epsilon_cutoff": 0.01},
        "eta_cutoff": {**DRAWN, "eta_cutoff": 0.01},
        "repetition_penalty": {"repetition_penalty": 5.0},
        "encoder_repetition_penalty": {"encoder_repetition_penalty": 5.0},
        "length_penalty": {**BEAMS, "length_penalty": -3.0, "eos_token_id": second},
        "no_repeat_ngram_size": {"no_repeat_ngram_size": 1},
        "encoder_no_repeat_ngram_size": {"encoder_no_repeat_ngram_size": 1},
        "bad_words_ids": {"bad_words_ids": [[first], [third]]},
        "renormalize_logits": {**DRAWN, "renormalize_logits": True},
        "forced_bos_token_id": {"forced_bos_token_id": third},
        "forced_eos_token_id": {"forced_eos_token_id": third},
        "remove_invalid_values": {"remove_invalid_values": True},
        "exponential_decay_length_penalty": {"exponential_decay_length_penalty": [2, 9.0]},
        "suppress_tokens": {"suppress_tokens": [first]},
        "begin_suppress_tokens": {"begin_suppress_tokens": [first]},
        "sequence_bias": {"sequence_bias": [[[first], -1e4]]},
        "token_healing": {"token_healing": True},
        "guidance_scale": {"guidance_scale": 3.0},
        "num_return_sequences": {**BEAMS, "num_return_sequences": 2},
        "output_attentions": {"output_attentions": True},
        "output_hidden_states": {"output_hidden_states": True},
        "output_scores": {"output_scores": True, "return_dict_in_generate": True},
        "output_logits": {"output_logits": True, "return_dict_in_generate": True},
        "return_dict_in_generate": {"return_dict_in_generate": True},
        "pad_token_id": {"pad_token_id": first},
        "bos_token_id": {"bos_token_id": first},
        "eos_token_id": {"eos_token_id": [second]},
        "decoder_start_token_id": {"decoder_start_token_id": third},
        "num_assistant_tokens": {"num_assistant_tokens": 2},
        "num_assistant_tokens_schedule": {"num_assistant_tokens_schedule": "heuristic"},
        "assistant_confidence_threshold": {"assistant_confidence_threshold": 0.9},
        "prompt_lookup_num_tokens": {"prompt_lookup_num_tokens": 2},
        "max_matching_ngram_size": {"max_matching_ngram_size": 1},
        "assistant_lookbehind": {"assistant_lookbehind": 3},
        "target_lookbehind": {"target_lookbehind": 3},
        "disable_compile": {"disable_compile": True},
        "low_memory": {"low_memory": True},
        "penalty_alpha": {"penalty_alpha": 0.6, "top_k": 4},
        "dola_layers": {"dola_layers": "high"},
        "diversity_penalty": {**BEAMS, "num_beam_groups": 2, "diversity_penalty": 5.0},
        "num_beam_groups": {**BEAMS, "num_beam_groups": 2, "diversity_penalty": 1.0},
        "force_words_ids": {**BEAMS, "force_words_ids": [[third]]},
        "watermarking_config": {"watermarking_config": {"bias": 9.0, "seeding_scheme": "lefthash"}},
    }


ELSEWHERE = {"constraints", "compile_config", "assistant_early_exit", "transformers_version"}
"""Settings that no file can write; one that is refused, for it leaves a model changed where it
fails; and who wrote the file."""


def natively(pipeline: Any, given: dict[str, Any]) -> Any:
    """Give the pipeline's texts, or the error there is in their place."""
    transformers.set_seed(3)
    try:
        found = pipeline(TEXT, **given)
    except Exception as error:
        return error
    return [one["generated_text"].strip() for one in found]


def made(parts: Parts, config: dict[str, Any]) -> InferenceModel:
    """Give the shipped code with a ``model_config``."""
    return InferenceModel(parts, config, Settings.of(config))


def by_the_code(model: InferenceModel, params: dict[str, Any]) -> Any:
    """Give the texts of the shipped code; that it refuses where it does."""
    transformers.set_seed(3)
    try:
        (found,) = model.predict([TEXT], params)
    except MlflowException as error:
        return REFUSED if error.get_http_status_code() == 400 else error
    except Exception as error:
        return error
    return found if isinstance(found, list) else [found]


def agree(found: Any, theirs: Any) -> bool:
    """Say whether an answer is the pipeline's, or refused where that fails."""
    return found == theirs or (found == REFUSED and isinstance(theirs, Exception))


@pytest.fixture
def walked(shipped: Packaged) -> tuple[Parts, dict[str, dict[str, Any]]]:
    """A model, and the settings that it is given."""
    parts = shipped(TASK, config=LOUD, model_config=USUAL)._parts
    ids = parts.tokenizer(TEXT, return_tensors="pt")
    whole = parts.model.generate(**ids, **USUAL)[0]
    settings = settings_of(whole[ids["input_ids"].shape[1] :].tolist())
    return parts, {
        name: {k: v for k, v in {**USUAL, **values}.items() if v is not None}
        for name, values in settings.items()
    }


def test_a_setting_of_a_call_or_a_recipe_does_what_it_does_in_the_pipeline(
    walked: tuple[Parts, dict[str, dict[str, Any]]],
) -> None:
    parts, settings = walked
    pipeline, called = pipeline_of(parts), made(parts, {})
    other: dict[str, Any] = {}
    for name, said in settings.items():
        assert made(parts, said)._options({}) == called._options(said)
        theirs, found = natively(pipeline, said), by_the_code(called, said)
        if not agree(found, theirs):
            other[name] = (theirs, found)
    assert other.keys() == BETTER, other


def test_a_setting_of_the_checkpoint_does_what_it_does_in_the_pipeline(
    walked: tuple[Parts, dict[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, settings = walked
    of_file = parts.model.generation_config.to_dict()
    other: dict[str, Any] = {}
    for name, said in settings.items():
        # what is usual wins over the file, and is said where the setting needs no other
        given = {k: v for k, v in USUAL.items() if name not in USUAL and said.get(k) == v}
        in_file = GenerationConfig(**{**of_file, **said})
        monkeypatch.setattr(parts.model, "generation_config", in_file)
        theirs = natively(pipeline_of(parts), given)
        found = by_the_code(made(parts, {}), given)
        if not agree(found, theirs):
            other[name] = (theirs, found)
    assert other == {}


def test_no_setting_is_left_out() -> None:
    known = generation_arguments()
    assert known <= settings_of([1, 2, 3]).keys() | ELSEWHERE


def test_every_setting_of_a_file_is_in_the_file_of_the_model(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    folder = build(workspace / "source", "text-generation", "gpt2", {})
    here: Mapping[str, Any] = GenerationConfig().to_dict()
    said = {k: v for one in settings_of([4, 5, 6]).values() for k, v in one.items() if k in here}
    file = folder / "generation_config.json"
    file.write_text(json.dumps({**said, "of_a_newer_version": [1, 2]}))
    recipe = {
        "task": "text-generation", "source": {"kind": "local", "path": "source"},
        "evaluation": {"views": []},
    }  # fmt: skip
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr
    saved = GenerationConfig.from_pretrained("outputs/case/default/model/model").to_dict()
    source = GenerationConfig.from_pretrained(folder).to_dict()
    assert {k: v for k, v in saved.items() if source.get(k) != v} == {}
    assert saved.keys() == source.keys()
