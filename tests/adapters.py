"""Small PEFT adapters, made on the spot."""

from pathlib import Path
from typing import Any

import torch
from peft import (
    IA3Config,
    LoraConfig,
    PeftModel,
    PrefixTuningConfig,
    PromptEncoderConfig,
    PromptTuningConfig,
    get_peft_model,
)
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

CONFIGS: dict[str, Any] = {
    "lora": lambda: LoraConfig(r=4, target_modules=["c_attn"], task_type="CAUSAL_LM"),
    "ia3": lambda: IA3Config(
        target_modules=["c_attn", "c_proj"],
        feedforward_modules=["c_proj"],
        task_type="CAUSAL_LM",
    ),
    "prefix": lambda: PrefixTuningConfig(num_virtual_tokens=4, task_type="CAUSAL_LM"),
}
LEARNT: dict[str, Any] = {
    "prompt": lambda: PromptTuningConfig(num_virtual_tokens=4, task_type="CAUSAL_LM"),
    "p-tuning": lambda: PromptEncoderConfig(num_virtual_tokens=4, task_type="CAUSAL_LM"),
}
"""Adapters whose tokens stand before those of the text."""


def save_adapter(kind: str, base: Path, folder: Path, seed: int = 1) -> Path:
    """Save an adapter whose weights are large enough to change what a model says.

    Args:
        kind: A key of ``CONFIGS`` or ``LEARNT``.
        base: Folder of the base model, a GPT-2.
        folder: Where to save it.
        seed: Seed of its weights.
    """
    torch.manual_seed(seed)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base), {**CONFIGS, **LEARNT}[kind]()
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if any(part in name for part in ("lora_", "ia3_", "prompt")):
                parameter.copy_(4 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


def native_answers(base: Path, adapter: Path | None, prompts: list[str], new: int) -> list[str]:
    """Say what transformers and PEFT alone give, greedily, for each prompt."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    model: Any = AutoModelForCausalLM.from_pretrained(base)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, adapter)
    answers: list[str] = []
    for prompt in prompts:
        ids = tokenizer(prompt, return_tensors="pt")
        out = model.generate(**ids, max_new_tokens=new, do_sample=False)
        answers.append(tokenizer.decode(out[0], skip_special_tokens=True).strip())
    return answers


def save_head_adapter(kind: str, base: Path, folder: Path, labels: int = 2) -> Path:
    """Save an adapter that brings the head of a classifier for a base without one.

    Args:
        kind: PEFT's name of its task, ``SEQ_CLS`` or ``TOKEN_CLS``.
        base: Folder of the base model.
        folder: Where to save it.
        labels: Number of the labels.
    """
    auto: Any = {
        "SEQ_CLS": AutoModelForSequenceClassification,
        "TOKEN_CLS": AutoModelForTokenClassification,
    }[kind]
    model = auto.from_pretrained(base, num_labels=labels)
    return _saved(model, folder, task_type=kind)


def save_resized_adapter(base: Path, folder: Path, rows: int) -> Path:
    """Save an adapter of a model whose embeddings were made longer.

    Args:
        base: Folder of the base model.
        folder: Where to save it.
        rows: Length of the embeddings.
    """
    model = AutoModelForCausalLM.from_pretrained(base)
    model.resize_token_embeddings(rows, mean_resizing=False)
    return _saved(model, folder, embeddings=True, task_type="CAUSAL_LM")


def _saved(model: Any, folder: Path, *, embeddings: bool = False, task_type: str) -> Path:
    torch.manual_seed(1)
    target = ["query"] if model.config.model_type == "bert" else ["q_proj"]
    adapted: Any = get_peft_model(
        model, LoraConfig(r=4, target_modules=target, task_type=task_type)
    )
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn_like(parameter))
    adapted.save_pretrained(folder, save_embedding_layers=embeddings)
    return folder
