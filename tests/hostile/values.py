# ruff: noqa: E501
"""Values that act, or that no reader expects, put where a good file has another."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.hostile.payloads import CANARY
from tests.hostile.watching import PLANTED
from tests.serving.malformed import places, with_value

_TOUCH = f"touch {CANARY}"
IN_RECIPES = [
    *(f"!!python/object/apply:os.system ['{_TOUCH}']", f"!!python/name:{PLANTED}.go x"),
    *(f"!!python/module:{PLANTED} ''", f"{{_target_: {PLANTED}.go, _args_: [a]}}"),
    *("'${oc.env:HOME}'", f"'${{oc.create:{PLANTED}}}'", "'${hydra:runtime.cwd}'", "'${a.b'"),
    *("'{prompt.__class__.__init__.__globals__}'", "'{{ cycler.__init__.__globals__ }}'"),
    *("file:///etc/passwd", "http://127.0.0.1:9/x", "ext::sh -c touch% ran", "s3://a/b"),
    *("../../../../../../etc/passwd", "/dev/zero", "/proc/self/mem", "~root/.ssh", "'~'", "."),
    *(f"{PLANTED}.go", f"{PLANTED}:go", f"'$({_TOUCH})'", f"'; {_TOUCH}'", f"'-{PLANTED}'"),
    *("1e999", "-.inf", ".nan", "-1", "0", str(2**63), "9" * 400, "1_0", "0x7f", "yes", "null"),
    *('"\\0"', '"\\e]0;a\\a"', '"\\u202e"', '"\\n::error::a"', "''", "' '", "[]", "{}"),
    *("!!binary AAAA", "!!set {a}", "9999-99-99", "{? [a] : b}", "{<<: {a: b}}", "&a [*a]"),
    *("[" * 60 + "]" * 60, "x" * 5000, "[[a], {b: c}]", "{a: {b: {c: d}}}", "'@a'", "'%a'"),
]
"""As YAML writes them."""
_START = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
_OF_SOURCE = "task: text-generation\nsource: {%s}\n"
_OF_DATA = _START + "evaluation: {dataset: {path: rows.csv, inputs: text, target: label, %s}}\n"
FIELDS = [
    *("task: %s\nsource: {kind: scratch, architecture: gpt2}\n", "task: text-generation\n%s: a\n"),
    *(
        _OF_SOURCE % said
        for said in (
            *("kind: %s", "kind: local, path: %s", "kind: local, path: checkpoint, file: %s"),
            *("kind: hub, repo: %s, revision: main", "kind: hub, repo: a/b, revision: %s"),
            *("kind: mlflow, uri: %s", "kind: scratch, architecture: %s"),
            *("kind: package, distribution: %s, path: a", "kind: package, distribution: a, path: %s"),
            *("kind: scratch, architecture: gpt2, config: %s", "kind: scratch, architecture: t5, seed: %s"),
        )
    ),
    *(
        _OF_DATA % said
        for said in (
            *("where: %s", "id: %s", "limit: %s", "sample: %s", "seed: %s", "format: %s"),
        )
    ),
    *(
        _START + said
        for said in (
            *("defaults: [%s]\n", "defaults: [/evaluation: %s, _self_]\n", "description: %s\n"),
            *("dtype: %s\n", "save_as: %s\n", "pyfunc: %s\n", "save_pretrained: %s\n"),
            *("trust_remote_code: %s\n", "prompt_template: %s\n", "model_config: %s\n"),
            *("model_config: {max_new_tokens: %s}\n", "model_config: {stop_strings: %s}\n"),
            *("model_config: {%s: a}\n", "params: %s\n", "params: {max_new_tokens: %s}\n"),
            *("params: {a: {type: string, default: %s}}\n", "params: {a: {type: %s, default: b}}\n"),
            *("signature: %s\n", "signature: {inputs: [{type: %s}], outputs: [{type: string}]}\n"),
            *("input_example: %s\n", "load: {model: {attn_implementation: %s}}\n", "load: %s\n"),
            *("load: {tokenizer: {%s: a}}\n", "components: {tokenizer: {kind: local, path: %s}}\n"),
            *("components: {%s: {kind: local, path: checkpoint}}\n", "requirements: {extra: [%s]}\n"),
            *("adapter: {kind: local, path: %s}\n", "tracking: {experiment: %s}\n"),
            *("tracking: {register_as: %s, alias: a}\n", "tracking: {tags: {a: %s}}\n"),
            *("tracking: {tags: {%s: a}}\n", "tracking: {uri: %s}\n", "evaluation: {inputs: %s}\n"),
            *("evaluation: {inputs: [%s]}\n", "evaluation: {views: [%s]}\n", "hydra: %s\n"),
            *("evaluation: {inputs: [a], expect: [{contains: %s}]}\n", "%s: {a: b}\n"),
            *("evaluation: {inputs: [a], expect: [{regex: %s}]}\n", "evaluation: {champion: %s}\n"),
            *("evaluation: {dataset: {path: %s, inputs: text}}\n", "evaluation: {golden: %s}\n"),
            *("evaluation: {dataset: {path: rows.csv, inputs: %s}}\n", "out: %s\n"),
            *("evaluation: {dataset: {kind: mlflow, uri: %s, inputs: a}}\n", "device: %s\n"),
            *("evaluation: {dataset: {kind: hub, repo: %s, revision: main, path: a, inputs: b}}\n",),
            *(f"evaluation: {{dataset: {{path: rows.csv, inputs: text}}, {said}}}\n" for said in (
                "metrics: [%s]", "gates: {accuracy: %s}", "gates: {%s: '>= 1'}", "slices: [%s]",
                "engine: %s", "confidence: %s", "truncation: %s",
            )),
        )
    ),
]  # fmt: skip
"""Recipes with a place for one of them."""
IN_JSON: list[Any] = [
    *(None, True, 0, -1, 0.5, 10**9, 2**63, 10**400, float("nan"), float("inf"), -(10**30)),
    *("", "a", "\x00", "\x1b]0;a\x07", "\u202e", "\ud800", "../../../../etc/passwd", "/dev/zero"),
    *("http://127.0.0.1:9/x", "file:///etc/passwd", f"{PLANTED}.go", f"{PLANTED}--{PLANTED}.Go"),
    *("os.system", _TOUCH, f"{{{{ cycler.__init__.__globals__.os.system('{_TOUCH}') }}}}"),
    *("{% for a in range(99999999999) %}x{% endfor %}", "(a+)+$", "a" * 50_000),
    *([], {}, [None], [[]], ["a", 1], {"a": {"b": []}}, {"": None}, {"0": 1, "-1": 2}),
    *([0] * 10_000, {"AutoModelForCausalLM": f"{PLANTED}.Model", "AutoConfig": f"{PLANTED}.C"}),
    *(
        {"quant_method": "gptq", "bits": 4},
        {"quant_method": PLANTED},
        {"_target_": f"{PLANTED}.go"},
    ),
]
"""As JSON has them."""
_NAMES = [
    *("auto_map", "quantization_config", "attn_implementation", "chat_template", "torch_dtype"),
    *("dtype", "architectures", "model_type", "id2label", "label2id", "num_labels", "_name_or_path"),
    *("pad_token_id", "eos_token_id", "tie_word_embeddings", "custom_pipelines", "max_length"),
    *("num_beams", "num_return_sequences", "top_k", "temperature", "stop_strings", "watermarking_config"),
    *("forced_bos_token_id", "suppress_tokens", "bad_words_ids", "prompt_lookup_num_tokens"),
    *("assistant_early_exit", "cache_implementation", "custom_generate", "compile_config"),
    *("tokenizer_class", "processor_class", "added_tokens_decoder", "model_max_length", "n_inner"),
    *("padding_side", "truncation_side", "pad_token", "extra_special_tokens", "task_specific_params"),
    *("problem_type", "activation_function", "scale_attn_weights", "transformers_version", "backend"),
]  # fmt: skip


def recipes() -> st.SearchStrategy[bytes]:
    """Draw recipes with such a value in one of their fields."""
    return st.builds(
        lambda field, value: (field % value).encode(),
        st.sampled_from(FIELDS),
        st.sampled_from(IN_RECIPES),
    )


def valued(text: bytes, names: Sequence[str] = ()) -> st.SearchStrategy[bytes]:
    """Draw what JSON writes with such a value in the place of another, or under one more name.

    Args:
        text: An object, as it should be.
        names: Names that it may get besides.
    """
    return _changed(json.loads(text), names).map(lambda one: json.dumps(one).encode())


def configured(text: bytes) -> st.SearchStrategy[bytes]:
    """Draw configurations with such a value, names among them that libraries act on."""
    return valued(text, _NAMES)


def described(text: bytes) -> st.SearchStrategy[bytes]:
    """Draw what YAML writes with such a value in the place of another."""
    return _changed(yaml.safe_load(text), ()).map(lambda one: _as_yaml(one).encode())


def _as_yaml(value: Any) -> str:
    return json.dumps(value, default=str)  # which YAML reads too, whatever it holds


def _changed(good: Mapping[str, Any], names: Sequence[str]) -> st.SearchStrategy[Any]:
    there = list(_some(good))
    place = st.sampled_from(there)
    if names:
        place |= st.sampled_from([(name,) for name in names])
    edit = st.tuples(place, st.sampled_from(IN_JSON))
    return st.lists(edit, min_size=1, max_size=2).map(lambda edits: _edited(good, edits))


def _edited(good: Any, edits: Sequence[tuple[tuple[Any, ...], Any]]) -> Any:
    """Put values in their places; a place that an edit before it took away is left."""
    for place, value in edits:
        try:
            good = with_value(good, place, value)
        except (LookupError, TypeError, ValueError):
            continue
    return good


def _some(good: Any) -> Iterator[tuple[Any, ...]]:
    """Give places, of long lists and mappings the first: a vocabulary is one thing."""
    seen: dict[tuple[Any, ...], int] = {}
    for place in places(good):
        above = place[:-1]
        seen[above] = seen.get(above, 0) + 1
        if seen[above] <= 60:
            yield place
