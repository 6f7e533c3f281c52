"""Each way in which a saved model may lose something of its source without a word is caught."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from runner.evaluation.inputs import read_inputs
from runner.evaluation.proof import Proof, prove
from runner.evaluation.source import Origin
from runner.packaging.inference_code import PACKAGE
from runner.recipe.compose import compose
from runner.recipe.composing.composed import Composed
from runner.records import Outcome
from runner.sources import Checkpoint
from runner.work.resolve import resolve
from runner.work.run import run
from tests.adapters import save_adapter
from tests.checkpoints import build, causal_lm
from tests.pyfunc.test_languages import HERE, SHORT, checkpoint
from tests.pyfunc.test_media import turned

TEXTS = ["My dog eats.", "What is MLflow, and who needs a thing like that?"]
GREEDY = {"model_config": {"do_sample": False}, "params": {"max_new_tokens": 8}}
PREFIX = {"translation_en_to_fr": {"prefix": "translate English to French: "}}
BOTH = ("native", "pyfunc")


@dataclass(frozen=True)
class Packaged:
    """A recipe that was packaged and proven, held to its source too."""

    composed: Composed
    checkpoints: dict[str, Checkpoint]
    inputs: list[Any]
    model: Path

    def prove(self, model: Path) -> Proof:
        origin = Origin(self.checkpoints, 0)
        return prove(self.composed.recipe, self.inputs, model, "cpu", origin)


def classifier(folder: Path) -> dict[str, Any]:
    sensitive = {"initializer_range": 1.0}
    build(folder / "source", "text-classification", "bert", sensitive, ["NO", "YES"])
    return {"task": "text-classification", "evaluation": {"inputs": TEXTS}}


def generator(folder: Path) -> dict[str, Any]:
    config = {"initializer_range": 1.0, "tie_word_embeddings": False}
    build(folder / "source", "text-generation", "llama", config)
    rewrite(folder / "source" / "generation_config.json", repetition_penalty=5.0)
    evaluation = {"inputs": TEXTS}
    template = "Answer well: {prompt}"
    return {
        "task": "text-generation", "prompt_template": template, "evaluation": evaluation, **GREEDY,
    }  # fmt: skip


def adapted(folder: Path) -> dict[str, Any]:
    build(folder / "source", "text-generation", "gpt2", {"initializer_range": 1.0})
    save_adapter("lora", folder / "source", folder / "adapter")
    return {
        "task": "text-generation",
        "adapter": {"kind": "local", "path": "../adapter"},
        "evaluation": {"inputs": TEXTS},
        **GREEDY,
    }


def chatting(folder: Path) -> dict[str, Any]:
    build(folder / "source", "llm/v1/chat", "llama", {"initializer_range": 1.0})
    return {"task": "llm/v1/chat", **GREEDY}


def translator(folder: Path) -> dict[str, Any]:
    config = {"task_specific_params": PREFIX, "initializer_factor": 20.0}
    build(folder / "source", "translation", "t5", config)
    return {"task": "translation_en_to_fr", "evaluation": {"inputs": TEXTS}, **GREEDY}


def experts(folder: Path) -> dict[str, Any]:
    build(folder / "source", "text-generation", "mixtral", {"initializer_range": 1.0})
    return {"task": "text-generation", "evaluation": {"inputs": TEXTS}, **GREEDY}


def images(folder: Path) -> dict[str, Any]:
    build(folder / "source", "image-classification", "vit", {"initializer_range": 1.0})
    return {"task": "image-classification"}


def drawing(folder: Path) -> dict[str, Any]:
    build(folder / "source", "text-generation", "gpt2", {"initializer_range": 1.0})
    config = {"max_new_tokens": 8}
    return {"task": "text-generation", "model_config": config, "evaluation": {"inputs": TEXTS}}


def ending(folder: Path) -> dict[str, Any]:
    ends = {"do_sample": False, "max_new_tokens": 8, "eos_token_id": list(range(3, 400))}
    return {**drawing(folder), "model_config": ends}


def speaking(folder: Path) -> dict[str, Any]:
    checkpoint(folder / "source", "mbart50")
    languages = dict(zip(("src_lang", "tgt_lang"), HERE["mbart50"], strict=True))
    config = {**SHORT, **languages}
    return {"task": "translation", "model_config": config, "evaluation": {"inputs": TEXTS}}


def prompted(folder: Path) -> dict[str, Any]:
    base = causal_lm(folder / "source", initializer_range=1.0)
    save_adapter("prompt", base, folder / "adapter")
    adapter = {"kind": "local", "path": "../adapter"}
    evaluation = {"inputs": TEXTS}
    return {"task": "text-generation", "adapter": adapter, "evaluation": evaluation, **GREEDY}


def photos(folder: Path) -> dict[str, Any]:
    (folder / "photo.jpg").write_bytes(turned(6))
    return {**images(folder), "evaluation": {"inputs": ["../photo.jpg"]}}


def rewrite(file: Path, **values: Any) -> None:
    """Set keys of a JSON file; None takes one out."""
    held = json.loads(file.read_text(encoding="utf-8")) | values
    held = {name: value for name, value in held.items() if value is not None}
    file.write_text(json.dumps(held), encoding="utf-8")


def config(**values: Any) -> Callable[[Path], None]:
    return lambda model: rewrite(model / "model" / "config.json", **values)


def component(name: str, file: str, **values: Any) -> Callable[[Path], None]:
    return lambda model: rewrite(model / "components" / name / file, **values)


def tensor(
    change: Callable[[torch.Tensor], torch.Tensor | None],
    *names: str,
    file: str = "model/model.safetensors",
) -> Callable[[Path], None]:
    """Change the tensors whose names have a part in them; None takes one out."""

    def changing(model: Path) -> None:
        torch.manual_seed(7)
        held = load_file(model / file)
        chosen = [name for name in held if any(part in name for part in names)]
        assert chosen
        for name in chosen:
            new = change(held.pop(name))
            held |= {} if new is None else {name: new}
        save_file(held, model / file, {"format": "pt"})

    return changing


def drawn(old: torch.Tensor) -> torch.Tensor:
    return torch.randn_like(old)


def swapped_letters(model: Path) -> None:
    file = model / "components" / "tokenizer" / "tokenizer.json"
    held = json.loads(file.read_text(encoding="utf-8"))
    letters = held["model"]["vocab"]
    letters |= {"a": letters["y"], "y": letters["a"]}
    file.write_text(json.dumps(held), encoding="utf-8")


def tokenizer_json(key: str, value: Any) -> Callable[[Path], None]:
    return component("tokenizer", "tokenizer.json", **{key: value})


def another_chat_template(model: Path) -> None:
    file = model / "components" / "tokenizer" / "chat_template.jinja"
    file.write_text("{% for m in messages %}>> {{ m['content'] }} <<{% endfor %}")


def described(*path: str, value: Any = None) -> Callable[[Path], None]:
    """Set an entry of MLmodel; None takes it out."""

    def changing(model: Path) -> None:
        held = yaml.safe_load((model / "MLmodel").read_text())
        block = held
        for name in path[:-1]:
            block = block[name]
        assert path[-1] in block or value is not None
        block[path[-1]] = value
        if value is None:
            del block[path[-1]]
        (model / "MLmodel").write_text(yaml.safe_dump(held))

    return changing


def saying(**values: Any) -> Callable[[Path], None]:
    """Set what is in ``model_config``; None takes one out."""
    path = ("flavors", "python_function", "config")

    def changing(model: Path) -> None:
        for name, value in values.items():
            described(*path, name, value=value)(model)

    return changing


def code(file: str, before: str, after: str) -> Callable[[Path], None]:
    """Change the inference code that ships in a model."""

    def changing(model: Path) -> None:
        path = model / "code" / PACKAGE / file
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    return changing


def taken_out(*parts: str) -> Callable[[Path], None]:
    def changing(model: Path) -> None:
        path = model.joinpath(*parts)
        assert path.exists()
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return changing


@dataclass(frozen=True)
class Loss:
    """A way to lose something.

    Args:
        what: What is lost.
        of: The recipe it is lost of.
        lose: Loses it.
        cause: A part of the likely cause.
        views: The views that answer otherwise then.
    """

    what: str
    of: Callable[[Path], dict[str, Any]]
    lose: Callable[[Path], None]
    cause: str
    views: tuple[str, ...] = BOTH


LOSSES = [
    Loss(
        "a number of a bias",
        classifier,
        tensor(lambda old: old + old.new_tensor([0, 1]), "classifier.bias"),
        "the weights differ in classifier.bias",
    ),
    Loss(
        "a tensor, for random numbers",
        classifier,
        tensor(drawn, "layer.0.attention.self.query.weight"),
        "the weights differ in bert.encoder.layer.0.attention.self.query.weight",
    ),
    Loss(
        "a tensor, which transformers draws anew",
        classifier,
        tensor(lambda _: None, "pooler.dense.weight"),
        "the weights lack bert.pooler.dense.weight",
        ("native",),
    ),
    Loss(
        "a label's name",
        classifier,
        config(id2label={"0": "YES", "1": "NO"}),
        "config.json differs in id2label",
    ),
    Loss(
        "whether labels exclude each other",
        classifier,
        config(problem_type="multi_label_classification"),
        "config.json differs in problem_type",
    ),
    Loss(
        "the activation", classifier, config(hidden_act="relu"), "config.json differs in hidden_act"
    ),
    Loss(
        "the tokenizer, for one with two letters swapped",
        classifier,
        swapped_letters,
        "the tokenizer differs in model",
    ),
    Loss(
        "that letters are made small",
        classifier,
        component("tokenizer", "tokenizer_config.json", do_lower_case=False),
        "the tokenizer differs in normalizer",
    ),
    Loss(
        "the tokens that frame a text",
        classifier,
        tokenizer_json("post_processor", None),
        "the tokenizer differs in post_processor",
    ),
    Loss(
        "the side that is padded",
        classifier,
        component("tokenizer", "tokenizer_config.json", padding_side="left"),
        "the tokenizer differs in padding_side",
        ("pyfunc",),
    ),
    Loss(
        "the width of numbers",
        classifier,
        described("flavors", "transformers", "torch_dtype", value="torch.bfloat16"),
        "MLmodel says that it is loaded in bfloat16",
        ("native",),
    ),
    Loss(
        "generation_config.json",
        generator,
        taken_out("model", "generation_config.json"),
        "generation_config.json is lost",
    ),
    Loss(
        "a value of generation_config.json",
        generator,
        lambda model: rewrite(model / "model" / "generation_config.json", repetition_penalty=None),
        "generation_config.json differs in repetition_penalty",
    ),
    Loss(
        "the head that is not tied to the embeddings",
        generator,
        tensor(drawn, "lm_head.weight"),
        "the weights differ in lm_head.weight",
    ),
    Loss(
        "that the head is not tied",
        generator,
        config(tie_word_embeddings=True),
        "config.json differs in tie_word_embeddings",
    ),
    Loss(
        "the prompt template",
        generator,
        described("metadata", "prompt_template", value="{prompt}"),
        "MLmodel has another prompt_template",
        ("native",),
    ),
    Loss(
        "the chat template",
        chatting,
        another_chat_template,
        "the tokenizer differs in chat_template",
    ),
    Loss(
        "the adapter",
        adapted,
        described("flavors", "transformers", "peft_adaptor"),
        "MLmodel does not name the adapter",
        ("native",),
    ),
    Loss(
        "the adapter's numbers",
        adapted,
        tensor(torch.zeros_like, "lora_B", file="peft/adapter_model.safetensors"),
        "the adapter's weights differ in base_model",
    ),
    Loss(
        "the prefix of a task",
        translator,
        config(task_specific_params=None),
        "config.json differs in task_specific_params",
    ),
    Loss(
        "the experts, for random ones",
        experts,
        tensor(drawn, "experts"),
        "the weights differ in model.layers.0.block_sparse_moe.experts",
    ),
    Loss(
        "which experts answer",
        experts,
        tensor(drawn, "gate.weight"),
        "the weights differ in model.layers.0.block_sparse_moe.gate.weight",
    ),
    Loss(
        "the mean of pixels",
        images,
        component("image_processor", "preprocessor_config.json", image_mean=[0.1, 0.2, 0.3]),
        "the image_processor differs in image_mean",
    ),
    Loss(
        "which way up a photo is",
        photos,
        code(
            "media.py",
            "ImageOps.exif_transpose(Image.open(io.BytesIO(data)))",
            "Image.fromarray(np.asarray(Image.open(io.BytesIO(data))))",
        ),
        "the inference code",
        ("pyfunc",),
    ),
    Loss(
        "that answers are drawn",
        drawing,
        saying(do_sample=False),
        "nobody says `do_sample`",
        ("pyfunc",),
    ),
    Loss(
        "an end token of model_config",
        ending,
        saying(eos_token_id=None),
        "another model_config than the recipe: eos_token_id",
        ("pyfunc",),
    ),
    Loss(
        "the language that is asked for",
        speaking,
        saying(tgt_lang="de_DE"),
        "another model_config than the recipe: tgt_lang",
        ("pyfunc",),
    ),
    Loss(
        "that what an adapter learnt stands before the padding",
        prompted,
        code("loading.py", "config.is_prompt_learning)", "False)"),
        "the inference code",
        ("pyfunc",),
    ),
]


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Packaged]:
    """Packages a recipe once; that it is like its source was proven."""
    kept: dict[str, Packaged] = {}

    def package(of: Callable[[Path], dict[str, Any]]) -> Packaged:
        if of.__name__ not in kept:
            kept[of.__name__] = _package(of, tmp_path_factory.mktemp(of.__name__))
        return kept[of.__name__]

    return package


def _package(of: Callable[[Path], dict[str, Any]], folder: Path) -> Packaged:
    recipe = {"source": {"kind": "local", "path": "../source"}, **of(folder)}
    (folder / "recipes").mkdir()
    (folder / "recipes" / "mine.yaml").write_text(yaml.safe_dump(recipe))
    composed = compose(["+recipe=mine", "tracking.uri=null"], [folder])
    record = run(composed, folder / "out", "default")
    found = {c.view: c.outcome for c in record.checks if c.name == "source"}
    assert found == dict.fromkeys(BOTH, Outcome.PASSED), record.failed_checks
    example = composed.recipe.contract.example
    inputs = read_inputs(composed, folder, 0, lambda: example).proof
    checkpoints = resolve(composed, folder, lambda *_: None)
    return Packaged(composed, checkpoints, inputs, Path(record.model))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.what)
def test_what_is_lost_without_a_word_is_caught(
    packaged: Callable[..., Packaged],
    loss: Loss,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = packaged(loss.of)
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        monkeypatch.delitem(sys.modules, name)  # each model has its own
    model = workspace / "model"
    shutil.copytree(whole.model, model)
    loss.lose(model)
    found = whole.prove(model)
    failed = {c.view: c for c in found.checks if c.name == "source" and c.outcome == "failed"}
    assert {*loss.views} <= failed.keys(), found.checks
    for check in failed.values():
        place, _, answers = check.message.partition(": the saved model answers ")
        ours, _, rest = answers.partition(", its source ")
        theirs, _, cause = rest.partition("; likely cause: ")
        assert place.removeprefix("row ").isdigit()
        assert ours != theirs
        assert loss.cause in cause
