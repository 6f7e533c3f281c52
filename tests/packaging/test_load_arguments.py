"""Every argument of ``load`` is applied when the saved model is loaded, or refused by name."""

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import mlflow.transformers
import pytest
import yaml
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from runner.evaluation.source import load_component
from runner.findings import RecipeError
from runner.recipe.compose import compose
from runner.records import RunRecord, Verdict
from runner.tasks.arguments import LOADING
from runner.work.resolve import resolve
from runner.work.run import run
from tests.adapters import save_adapter
from tests.checkpoints import build, causal_lm
from tests.conftest import Outcome

TOKENIZER = {
    "padding_side": "left", "truncation_side": "left", "model_max_length": 7, "split_digits": True,
    "clean_up_tokenization_spaces": True, "split_special_tokens": True, "add_bos_token": True,
    "add_eos_token": True, "add_prefix_space": True, "do_lower_case": False,
    "strip_accents": False, "legacy": False, "tokenize_chinese_chars": False, "from_slow": False,
    "bos_token": "a", "eos_token": "b", "unk_token": "c", "sep_token": "d", "pad_token": "e",
    "cls_token": "f", "mask_token": "g", "additional_special_tokens": ["h"],
    "extra_special_tokens": {"image_token": "i"}, "model_input_names": ["input_ids"],
    "src_lang": "en", "tgt_lang": "fr", "chat_template": "{{ hi }}", "use_fast": True,
}  # fmt: skip
IMAGES = {
    "do_resize": False, "do_rescale": False, "do_normalize": False, "do_center_crop": True,
    "do_convert_rgb": True, "do_pad": True, "use_fast": False, "rescale_factor": 0.5,
    "resample": 0, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.1, 0.2, 0.3],
    "size": {"height": 20, "width": 20}, "crop_size": {"height": 18, "width": 18},
}  # fmt: skip
SOUND = {
    "feature_size": 2, "sampling_rate": 8000, "padding_value": 1.0, "padding_side": "left",
    "do_normalize": True, "return_attention_mask": False,
}  # fmt: skip
APPLIED = {"attn_implementation", "variant"}
"""Of what loading a model takes; where a variant counts is tested with the sources."""


def classifier(**load: Any) -> dict[str, Any]:
    """A recipe of a classifier in the folder ``source``."""
    if not Path("source").exists():
        sensitive = {"initializer_range": 1.0}
        build(Path("source").absolute(), "text-classification", "bert", sensitive, ["NO", "YES"])
    source = {"kind": "local", "path": "../source"}
    return {"task": "text-classification", "source": source, "load": load}


def ran(recipe: Mapping[str, Any]) -> RunRecord:
    Path("recipes").mkdir(exist_ok=True)
    Path("recipes/mine.yaml").write_text(yaml.safe_dump(recipe))
    return run(compose(["+recipe=mine", "tracking.uri=null"]), Path("out"), "default")


def arguments_of_loading() -> list[str]:
    """Name what ``from_pretrained`` of a model takes, fields of configurations apart."""
    loading = PreTrainedModel.from_pretrained
    popped = re.findall(r'kwargs\.pop\(\s*"(\w+)"', inspect.getsource(loading))
    named = inspect.signature(loading).parameters
    given = {*popped, *named} - {"cls", "kwargs", "model_args", "dtype"}
    return sorted(name for name in given if not name.startswith("_"))


def test_what_loading_takes_is_applied_or_refused_by_name(cli: Callable[..., Outcome]) -> None:
    names = arguments_of_loading()
    assert len(names) > 25
    recipe = classifier(model=dict.fromkeys(names, "x"))
    Path("recipes").mkdir()
    Path("recipes/mine.yaml").write_text(yaml.safe_dump(recipe))
    found = cli("validate", "mine", "--output", "json").document["findings"]
    told = {name for one in found for name in re.findall(r"`load\.model\.(\w+)`", one["message"])}
    assert told >= {*names} - {"variant"}, "attn_implementation takes no x"
    assert not {*names} & LOADING["model"].keys() - APPLIED


def refused(cli: Callable[..., Outcome], recipe: Mapping[str, Any]) -> list[str]:
    """Give the codes of what is wrong with a recipe."""
    Path("recipes").mkdir(exist_ok=True)
    Path("recipes/mine.yaml").write_text(yaml.safe_dump(recipe))
    found = cli("validate", "mine", "--output", "json").document["findings"]
    return [one["code"] for one in found]


def test_a_reference_carries_no_field_of_a_configuration(cli: Callable[..., Outcome]) -> None:
    recipe = classifier(model={"id2label": {"0": "BAD", "1": "GOOD"}})
    save_adapter("lora", causal_lm(Path("gpt2")), Path("adapter"))
    of_adapter = {"adapter": {"kind": "local", "path": "../adapter"}, "save_pretrained": False}
    assert refused(cli, {**recipe, **of_adapter}) == ["reference-loses"]
    assert refused(cli, {**recipe, **of_adapter, "load": {}}) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"id2label": {"0": "BAD", "1": "GOOD"}},
        {"label2id": {"BAD": 0, "GOOD": 1}},
        {"problem_type": "multi_label_classification"},
        {"hidden_act": "relu"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_fields_of_the_configuration_are_the_saved_models_own(fields: dict[str, Any]) -> None:
    plain = ran(classifier())
    record = ran(classifier(model=fields))
    assert record.verdict is Verdict.PASSED, record.failed_checks
    held = {c.view: c.outcome.value for c in record.checks if c.name == "source"}
    assert held == {"native": "passed", "pyfunc": "passed"}
    assert record.views[0].outputs != plain.views[0].outputs, "transformers hears it"
    config = mlflow.transformers.load_model(record.model).model.config
    if "label" in next(iter(fields)):
        assert config.id2label == {0: "BAD", 1: "GOOD"}
        assert config.label2id == {"BAD": 0, "GOOD": 1}
    else:
        assert {name: getattr(config, name) for name in fields} == fields


def test_an_attention_holds_under_pyfunc_and_answers_alike(cli: Callable[..., Outcome]) -> None:
    record = ran(classifier(model={"attn_implementation": "eager"}))
    assert record.verdict is Verdict.PASSED
    loaded = mlflow.pyfunc.load_model(record.model).get_raw_model()
    assert loaded.model.config._attn_implementation == "eager"
    folder = Path(record.model) / "model"
    native = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager")
    assert native.config._attn_implementation == "eager", "as the reference says"
    recipe = {**classifier(model={"attn_implementation": "eager"}), "pyfunc": "mlflow"}
    assert refused(cli, recipe) == ["bad-load-argument"]


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ({"model": {"hidden_atc": "relu"}}, "`load.model.hidden_atc` is not heard by BertConfig."),
        ({"tokenizer": {"paddin_side": "left"}}, "Did you mean `padding_side`?"),
        ({"model": {"id2label": {"a": "b"}}}, "names labels by something else than their numbers"),
        ({"model": {"label2id": {"a": "b"}}}, "gives labels something else than numbers"),
    ],
)
def test_what_is_not_heard_is_refused(load: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as error:
        ran(classifier(**load))
    assert said in str(error.value)
    assert not Path("out/model").exists()


@pytest.mark.parametrize(
    ("part", "task", "architecture", "arguments"),
    [
        ("tokenizer", "text-classification", "bert", TOKENIZER),
        ("tokenizer", "text-classification", "bert", {"use_fast": False}),
        ("image_processor", "image-classification", "vit", IMAGES),
        ("feature_extractor", "audio-classification", "wav2vec2", SOUND),
    ],
)
def test_every_argument_of_a_component_is_the_saved_models_own(
    workspace: Path, part: str, task: str, architecture: str, arguments: dict[str, Any]
) -> None:
    if len(arguments) > 1:
        assert arguments.keys() == LOADING[part].keys(), "every one of them"
    build(workspace / "source", task, architecture, {})
    source = {"kind": "local", "path": "../source"}
    record = ran(
        {"task": task, "source": source, "load": {part: arguments}, "evaluation": {"views": []}}
    )
    composed = compose(["+recipe=mine"])
    checkpoints = resolve(composed, workspace, lambda *_: None)
    wanted = load_component(part, composed.recipe, checkpoints)
    native = mlflow.transformers.load_model(record.model, return_type="components")[part]
    pyfunc = getattr(mlflow.pyfunc.load_model(record.model).get_raw_model(), part)
    for loaded in (native, pyfunc):
        assert type(loaded) is type(wanted)
        assert told_of(loaded, arguments) == told_of(wanted, arguments)


def told_of(component: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes of those names; of a tokenizer how it cuts texts too."""
    told = {name: getattr(component, name, None) for name in names}
    if backend := getattr(component, "backend_tokenizer", None):
        told["cuts"] = [repr(backend.normalizer), repr(backend.pre_tokenizer)]
    if hasattr(component, "get_vocab"):
        told["ids"] = component("Ein Wort, 123 Äpfel.")["input_ids"]
    return told


def test_labels_that_do_not_say_which_entails_are_told(workspace: Path) -> None:
    recipe = {**classifier(), "task": "zero-shot-classification"}
    (note,) = ran(recipe).notes
    assert "no label in the model's `label2id` begins with `entail`" in note
    assert "transformers takes the last, YES" in note
    named = {"model": {"id2label": {"0": "contradiction", "1": "entailment"}}}
    assert ran({**recipe, "load": named}).notes == []
    named["model"]["label2id"] = {"LABEL_0": 0, "LABEL_1": 1}  # by which transformers finds it
    assert "takes the last, entailment" in ran({**recipe, "load": named}).notes[0]
