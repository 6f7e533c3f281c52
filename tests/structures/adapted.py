"""Structures: bases and the adapters on them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import transformers
from peft import PeftModel

from tests.adapters import (
    VARIANTS,
    save_adapter,
    save_head_adapter,
    save_lora,
    save_resized_adapter,
    save_variant,
)
from tests.structures.structure import Made, Structure, local, tiny

_TEXT = "text-generation"
_REPEATED = "LoRA on repeated layers"
_WAYS: Mapping[str, Mapping[str, Any]] = {
    "stored": {},
    "merged": {"merge": True},
    "referenced": {"save_pretrained": False},
}


def structures() -> list[Structure]:
    """Give them."""
    heads = [
        ("bert", "text-classification", "SEQ_CLS", 2),
        ("bert", "text-classification", "SEQ_CLS", 3),
        ("bert", "token-classification", "TOKEN_CLS", 2),
        ("llama", "text-classification", "SEQ_CLS", 2),
    ]
    return [
        *_on_causal_models(),
        *(
            _structure(architecture, task, f"brings the head of {labels} labels", way,
                       partial(_headless, architecture, kind, labels), labels != 2)
            for architecture, task, kind, labels in heads
            for way in _WAYS
        ),
        *_variants(),
        *_of_questions(),
        *_on_tied(),
        *_unfit(),
        Structure("llama", _TEXT, "one file", _of_another_peft, "Bone, of an older PEFT",
                  refused="is of type BONE, which PEFT"),
        Structure("gpt2", _TEXT, "saved by MLflow", partial(_of_mlflow, {}), "LoRA, MLflow's own"),
        Structure("gpt2", _TEXT, "saved by MLflow", partial(_of_mlflow, _WAYS["merged"]),
                  "LoRA, MLflow's own, merged"),
    ]  # fmt: skip


def _on_causal_models() -> list[Structure]:
    plain = [
        _structure("gpt2", _TEXT, name, way, partial(_causal, kind))
        for kind, name in (("lora", "LoRA"), ("ia3", "IA3"))
        for way in _WAYS
    ]
    return [
        *plain,
        _structure("gpt2", _TEXT, "prefix tuning", "stored", partial(_causal, "prefix")),
        *(
            _structure("llama", _TEXT, "brings longer embeddings", way, _resized, unlike=True)
            for way in _WAYS
        ),
    ]


def _structure(
    architecture: str,
    task: str,
    adapter: str,
    way: str,
    make: Callable[[Path, Mapping[str, Any]], Made],
    unlike: bool = False,
) -> Structure:
    refused = "a reference cannot carry" if unlike and way == "referenced" else ""
    folder_to_made = partial(_in_a_way, make, _WAYS[way])
    layout = "without a head" if "head" in adapter else "one file"
    return Structure(
        architecture, task, layout, folder_to_made, f"{adapter}, {way}", refused=refused
    )


def _in_a_way(
    make: Callable[[Path, Mapping[str, Any]], Made], way: Mapping[str, Any], folder: Path
) -> Made:
    return make(folder, way)


def _causal(kind: str, folder: Path, way: Mapping[str, Any]) -> Made:
    base = tiny("gpt2", _TEXT)
    adapter = save_adapter(kind, base, folder / "adapter")
    return _made(base, adapter, way, "AutoModelForCausalLM")


def _headless(
    architecture: str, kind: str, labels: int, folder: Path, way: Mapping[str, Any]
) -> Made:
    base = tiny(architecture, "feature-extraction" if architecture == "bert" else _TEXT)
    adapter = save_head_adapter(kind, base, folder / "adapter", labels)
    auto = {"SEQ_CLS": "AutoModelForSequenceClassification"}.get(
        kind, "AutoModelForTokenClassification"
    )
    return _made(base, adapter, way, auto, num_labels=labels)


def _resized(folder: Path, way: Mapping[str, Any]) -> Made:
    base = tiny("llama", _TEXT)
    adapter = save_resized_adapter(base, folder / "adapter", 514)

    def native() -> Any:
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(base)
        model.resize_token_embeddings(514, mean_resizing=False)
        return PeftModel.from_pretrained(model, adapter).eval()

    return Made(base, {"adapter": local(adapter), **way}, native)


def _made(base: Path, adapter: Path, way: Mapping[str, Any], auto: str, **arguments: Any) -> Made:
    def native() -> Any:
        model = getattr(transformers, auto).from_pretrained(base, **arguments)
        return PeftModel.from_pretrained(model, adapter).eval()

    return Made(base, {"adapter": local(adapter), **way}, native)


def _variants() -> list[Structure]:
    no_delta = {"Lily", "BEFT", "a shadow", "CPT"}
    both = {_REPEATED, "BOFT", "VeRA", "HiRA", "GraLoRA", "DeLoRA", "PVeRA", "Uni-LoRA", *no_delta}
    told = {"Poly", "multitask prompt tuning"}
    apart = {"prefix tuning", "adaption prompts", "prompt tuning", "p-tuning", "a cartridge", *told}
    stored = {"LoRA and a whole module", "OFT", "SHiRA", "FourierFT", *apart}
    refused = {(kind, "merged"): "cannot be merged" for kind in (_REPEATED, *no_delta)}
    refused |= {(kind, "stored"): "which of its tasks" for kind in told}
    return [
        Structure("llama", _TEXT, "one file", partial(_of_llama, kind, way), f"{kind}, {way}",
                  refused=refused.get((kind, way), ""))
        for kind in VARIANTS
        for way in ("stored", "merged")
        if kind in both or (kind in stored) == (way == "stored")
    ]  # fmt: skip


def _of_llama(kind: str, way: str, folder: Path) -> Made:
    base = tiny("llama", _TEXT)
    adapter = save_variant(kind, base, folder / "adapter")
    return _made(base, adapter, _WAYS[way], "AutoModelForCausalLM")


def _of_another_peft(folder: Path) -> Made:
    """What was Bone is MiSS in later versions, with the same tensors."""
    base = tiny("llama", _TEXT)
    adapter = save_variant("MiSS", base, folder / "adapter")
    file = adapter / "adapter_config.json"
    file.write_text(file.read_text().replace('"MISS"', '"BONE"'))
    return Made(base, {"adapter": local(adapter)})


def _of_questions() -> list[Structure]:
    task = "question-answering"
    refused = "answer otherwise"  # PEFT asks the model without token_type_ids
    return [
        Structure("bert", task, "without a head", partial(_answering, _WAYS["stored"]),
                  "brings the head, stored"),
        Structure("bert", task, "without a head", partial(_answering, _WAYS["merged"]),
                  "brings the head, merged", refused=refused),
    ]  # fmt: skip


def _answering(way: Mapping[str, Any], folder: Path) -> Made:
    base = tiny("bert", "feature-extraction")
    adapter = save_head_adapter("QUESTION_ANS", base, folder / "adapter")
    return _made(base, adapter, way, "AutoModelForQuestionAnswering")


def _on_tied() -> list[Structure]:
    """On layers whose weights are one: PEFT changes what one of them does, not the other."""
    return [
        Structure("llama", _TEXT, "one file, tied", partial(_of_tied, layer, way),
                  f"LoRA on {layer}, {way}", refused=refused if way == "merged" else "")
        for layer in ("lm_head", "embed_tokens")
        for way, refused in (("stored", ""), ("merged", "whose weights another layer has too"))
    ]  # fmt: skip


def _of_tied(layer: str, way: str, folder: Path) -> Made:
    base = tiny("llama", _TEXT, tie_word_embeddings=True)
    adapter = save_lora([layer], base, folder / "adapter")
    return _made(base, adapter, _WAYS[way], "AutoModelForCausalLM")


def _unfit() -> list[Structure]:
    cases = {
        "of a wider base": {"hidden_size": 16},
        "of a deeper base": {"num_hidden_layers": 1},
    }
    return [
        Structure("llama", _TEXT, "one file", partial(_for_another, config, way),
                  f"{name}, {how}", refused="does not fit the base model")
        for name, config in cases.items()
        for how, way in (("stored", {}), ("merged", {"merge": True}))
    ]  # fmt: skip


def _for_another(config: Mapping[str, Any], way: Mapping[str, Any], folder: Path) -> Made:
    adapter = save_resized_adapter(tiny("llama", _TEXT), folder / "adapter", 512)
    base = tiny("llama", _TEXT, **config)
    return Made(base, {"adapter": local(adapter), **way})


def _of_mlflow(way: Mapping[str, Any], folder: Path) -> Made:
    """MLflow's own save of a model with an adapter, whose base is a folder."""
    import mlflow.transformers

    base = tiny("gpt2", _TEXT)
    made = _made(base, save_adapter("lora", base, folder / "adapter"), {}, "AutoModelForCausalLM")
    assert made.native is not None
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    mlflow.transformers.save_model(
        {"model": made.native(), "tokenizer": tokenizer},
        str(folder / "saved"),
        task=_TEXT,
        pip_requirements=["mlflow"],
    )
    source = {"kind": "mlflow", "uri": str(folder / "saved")}
    return Made(base, {"source": source, **way}, made.native)
