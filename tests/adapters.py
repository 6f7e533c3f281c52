"""Small PEFT adapters, made on the spot."""

from functools import partial
from pathlib import Path
from typing import Any

import peft
import torch
from peft import (
    AdaptionPromptConfig,
    BOFTConfig,
    FourierFTConfig,
    HRAConfig,
    IA3Config,
    LoHaConfig,
    LoraConfig,
    MissConfig,
    MultitaskPromptTuningConfig,
    OFTConfig,
    PeftModel,
    PolyConfig,
    PrefixTuningConfig,
    PromptEncoderConfig,
    PromptTuningConfig,
    RoadConfig,
    ShadowConfig,
    ShiraConfig,
    TrainableTokensConfig,
    VeraConfig,
    get_peft_model,
)
from transformers import (
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
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
_OF_LLAMA: dict[str, Any] = {"target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"}
VARIANTS: dict[str, Any] = {
    "DoRA": partial(LoraConfig, r=4, use_dora=True, **_OF_LLAMA),
    "LoRA of several ranks": partial(LoraConfig, r=4, rank_pattern={"q_proj": 2}, **_OF_LLAMA),
    "LoRA and a whole module": partial(LoraConfig, r=4, modules_to_save=["lm_head"], **_OF_LLAMA),
    "LoRA and new tokens": partial(LoraConfig, r=4, trainable_token_indices=[3, 5], **_OF_LLAMA),
    "LoRA on repeated layers": partial(
        LoraConfig, r=4, layer_replication=[[0, 2], [1, 2]], **_OF_LLAMA
    ),
    "LoHa": partial(LoHaConfig, r=4, **_OF_LLAMA),
    "OFT": partial(OFTConfig, r=0, oft_block_size=8, **_OF_LLAMA),
    "BOFT": partial(BOFTConfig, boft_block_size=4, **_OF_LLAMA),
    "VeRA": partial(VeraConfig, r=4, **_OF_LLAMA),
    "HRA": partial(HRAConfig, r=4, **_OF_LLAMA),
    "MiSS": partial(MissConfig, r=4, **_OF_LLAMA),
    "FourierFT": partial(FourierFTConfig, n_frequency=50, **_OF_LLAMA),
    "SHiRA": partial(ShiraConfig, r=4, **_OF_LLAMA),
    "trainable tokens": partial(
        TrainableTokensConfig,
        token_indices=[3, 5],
        target_modules=["embed_tokens"],
        task_type="CAUSAL_LM",
    ),
    "prefix tuning": CONFIGS["prefix"],
    "RoAd": partial(RoadConfig, group_size=8, **_OF_LLAMA),
    "adaption prompts": partial(
        AdaptionPromptConfig, adapter_len=4, adapter_layers=2, task_type="CAUSAL_LM"
    ),
    "a shadow": partial(ShadowConfig, r=4, task_type="CAUSAL_LM"),
    "Poly": partial(PolyConfig, r=4, n_tasks=2, **_OF_LLAMA),
    "multitask prompt tuning": partial(
        MultitaskPromptTuningConfig, num_tasks=2, num_virtual_tokens=4, task_type="CAUSAL_LM"
    ),
    "prompt tuning": LEARNT["prompt"],
    "p-tuning": LEARNT["p-tuning"],
    "CPT": partial(
        peft.CPTConfig,
        cpt_token_ids=[1, 2, 3, 4], cpt_mask=[1] * 4, cpt_tokens_type_mask=[1] * 4,
        task_type="CAUSAL_LM",
    ),
    "a cartridge": partial(peft.CartridgeConfig, num_virtual_tokens=4, task_type="CAUSAL_LM"),
    "norms of layers": partial(peft.LNTuningConfig, task_type="CAUSAL_LM"),
    "AdaLoRA": partial(peft.AdaLoraConfig, init_r=4, target_r=4, total_step=10, **_OF_LLAMA),
    "VB-LoRA": partial(
        peft.VBLoRAConfig, r=4, num_vectors=8, vector_length=8, topk=2, **_OF_LLAMA
    ),
    "GraLoRA": partial(peft.GraloraConfig, r=4, gralora_k=2, **_OF_LLAMA),
    "C3A": partial(peft.C3AConfig, block_size=4, **_OF_LLAMA),
    "WaveFT": partial(peft.WaveFTConfig, n_frequency=50, **_OF_LLAMA),
    "OSF": partial(peft.OSFConfig, **_OF_LLAMA),
    "FRoD": partial(peft.FrodConfig, **_OF_LLAMA),
    "BEFT": partial(peft.BeftConfig, **_OF_LLAMA),
    "SuperTuning": partial(peft.SupertuningConfig, **_OF_LLAMA),
    **{
        name: partial(config, r=4, **_OF_LLAMA)
        for name, config in {
            "HiRA": peft.HiraConfig, "DeLoRA": peft.DeloraConfig, "PVeRA": peft.PveraConfig,
            "LoKr": peft.LoKrConfig, "Lily": peft.LilyConfig, "GLoRA": peft.GloraConfig,
            "RandLoRA": peft.RandLoraConfig, "Uni-LoRA": peft.UniLoraConfig,
            "TinyLoRA": peft.TinyLoraConfig, "PSOFT": peft.PsoftConfig,
            "PEANuT": peft.PeanutConfig, "DEFT": peft.DeftConfig, "AdaMSS": peft.AdamssConfig,
        }.items()
    },
}  # fmt: skip
"""Adapters of a Llama by what they are called."""


def save_variant(kind: str, base: Path, folder: Path) -> Path:
    """Save an adapter of a Llama that changes what it says.

    Args:
        kind: A key of ``VARIANTS``.
        base: Folder of the base model.
        folder: Where to save it.
    """
    return _drawn(VARIANTS[kind](), base, folder)


def save_lora(layers: list[str], base: Path, folder: Path) -> Path:
    """Save a LoRA of a causal model on layers of any kind.

    Args:
        layers: Names of the layers.
        base: Folder of the base model.
        folder: Where to save it.
    """
    return _drawn(LoraConfig(r=4, target_modules=layers, task_type="CAUSAL_LM"), base, folder)


def _drawn(config: Any, base: Path, folder: Path) -> Path:
    torch.manual_seed(1)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


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
        kind: PEFT's name of its task: ``SEQ_CLS``, ``TOKEN_CLS`` or ``QUESTION_ANS``.
        base: Folder of the base model.
        folder: Where to save it.
        labels: Number of the labels.
    """
    auto: Any = {
        "SEQ_CLS": AutoModelForSequenceClassification,
        "TOKEN_CLS": AutoModelForTokenClassification,
        "QUESTION_ANS": AutoModelForQuestionAnswering,
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
