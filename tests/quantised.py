"""Small checkpoints whose weights are quantised, written by hand as each method lays them out.

Each function fills ``folder``, which must not exist yet, and gives it back. No method's own package
is asked.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from tests.checkpoints import causal_lm

WEIGHTS = "model.safetensors"
SIZES: dict[str, dict[str, int]] = {
    "llama": {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4},
    "gpt_oss": {
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
    },
}
"""Sizes that can be packed, by architecture."""
_NF4 = [
    -1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0,
    0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.7230, 1.0,
]  # fmt: skip
Tensors = dict[str, torch.Tensor]


def plain(folder: Path) -> Path:
    """A Llama that is not quantised."""
    return causal_lm(folder, "llama", **SIZES["llama"])


def mxfp4(folder: Path) -> Path:
    """A gpt-oss: its experts in blocks of 32 values of 4 bits, each block with an exponent."""
    causal_lm(folder, "gpt_oss", **SIZES["gpt_oss"])
    seeded = torch.Generator().manual_seed(0)

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        experts, inner, outer = weight.shape
        shape = (experts, outer, inner // 32)
        blocks = torch.randint(0, 256, (*shape, 16), generator=seeded)
        yield f"{name}_blocks", blocks.to(torch.uint8)
        yield f"{name}_scales", torch.randint(119, 123, shape, generator=seeded).to(torch.uint8)

    kept = [
        "model.layers.*.self_attn",
        "model.layers.*.mlp.router",
        "model.embed_tokens",
        "lm_head",
    ]
    block = {"quant_method": "mxfp4", "modules_to_not_convert": kept}
    return _packed(folder, _is_expert, pack, block, dtype=torch.bfloat16)


def gptq(folder: Path) -> Path:
    """4 bits packed into int32 along the input, with scales, zeros and the order of groups."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        outer, inner = weight.shape
        module = name.removesuffix(".weight")
        yield f"{module}.qweight", torch.zeros(inner // 8, outer, dtype=torch.int32)
        yield f"{module}.qzeros", torch.zeros(2, outer // 8, dtype=torch.int32)
        yield f"{module}.scales", torch.ones(2, outer, dtype=torch.float16)
        yield f"{module}.g_idx", torch.arange(inner, dtype=torch.int32) // (inner // 2)

    block = {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False, "sym": True}
    return _packed(plain(folder), _is_linear, pack, block, dtype=torch.float16)


def awq(folder: Path) -> Path:
    """4 bits packed into int32 along the output, with scales and zeros."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        outer, inner = weight.shape
        module = name.removesuffix(".weight")
        yield f"{module}.qweight", torch.zeros(inner, outer // 8, dtype=torch.int32)
        yield f"{module}.qzeros", torch.zeros(2, outer // 8, dtype=torch.int32)
        yield f"{module}.scales", torch.ones(2, outer, dtype=torch.float16)

    block = {"quant_method": "awq", "bits": 4, "group_size": 32, "version": "gemm",
             "zero_point": True}  # fmt: skip
    return _packed(plain(folder), _is_linear, pack, block, dtype=torch.float16)


def bitsandbytes_4bit(folder: Path) -> Path:
    """NF4: two weights a byte in a column, with the largest of each block of 64."""
    seeded = torch.Generator().manual_seed(0)

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        state = {
            "quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": list(weight.shape),
        }  # fmt: skip
        pairs = torch.randint(0, 256, (weight.numel() // 2, 1), generator=seeded)
        yield name, pairs.to(torch.uint8)
        yield f"{name}.absmax", torch.ones(weight.numel() // 64)
        yield f"{name}.quant_map", torch.tensor(_NF4)
        text = torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)
        yield f"{name}.quant_state.bitsandbytes__nf4", text

    block = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
    return _packed(plain(folder), _is_linear, pack, block)


def bitsandbytes_8bit(folder: Path) -> Path:
    """int8 in the shape of the weight, with a scale a row."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        scale = weight.abs().amax(1)
        yield name, (weight / scale[:, None] * 127).round().to(torch.int8)
        yield name.replace(".weight", ".SCB"), scale
        yield name.replace(".weight", ".weight_format"), torch.tensor(0, dtype=torch.uint8)

    block = {"quant_method": "bitsandbytes", "load_in_8bit": True}
    return _packed(plain(folder), _is_linear, pack, block)


def compressed_tensors(folder: Path) -> Path:
    """8-bit floating point with a scale a row."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        scale = weight.abs().amax(1, keepdim=True) / 448
        yield name, (weight / scale).to(torch.float8_e4m3fn)
        yield f"{name}_scale", scale

    weights = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": "channel"}
    inputs = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": "token"}
    group = {
        "targets": ["Linear"],
        "weights": {**weights, "dynamic": False},
        "input_activations": {**inputs, "dynamic": True},
        "output_activations": None,
    }
    block = {
        "quant_method": "compressed-tensors",
        "format": "float-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": group},
        "ignore": ["lm_head"],
    }
    return _packed(plain(folder), _is_linear, pack, block)


def fp8(folder: Path) -> Path:
    """8-bit floating point with a scale for each block of 128 by 128."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        scale = weight.abs().max() / 448
        yield name, (weight / scale).to(torch.float8_e4m3fn)
        yield f"{name}_scale_inv", scale.reshape(1, 1)

    block = {
        "quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128],
    }  # fmt: skip
    return _packed(plain(folder), _is_linear, pack, block)


def bitnet(folder: Path) -> Path:
    """-1, 0 and 1, four weights a byte along the output, with a scale for all."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        scale = weight.abs().mean()
        digits = ((weight / scale).round().clamp(-1, 1) + 1).to(torch.uint8)
        quarters = digits.reshape(4, -1, weight.shape[1])
        places = torch.tensor([0, 2, 4, 6], dtype=torch.uint8).reshape(4, 1, 1)
        yield name, (quarters << places).sum(0, dtype=torch.uint8)
        yield f"{name}_scale", (1 / scale).reshape(1)

    block = {
        "quant_method": "bitnet", "linear_class": "bitlinear", "quantization_mode": "offline",
        "modules_to_not_convert": ["lm_head"],
    }  # fmt: skip
    return _packed(plain(folder), _is_linear, pack, block)


def torchao_int8(folder: Path) -> Path:
    """8 bits as torchao has them, in a pickle file, as transformers 4 saves it."""
    from torchao.quantization import Int8WeightOnlyConfig
    from transformers import AutoModelForCausalLM, TorchAoConfig

    asked = TorchAoConfig(quant_type=Int8WeightOnlyConfig(version=2))
    model = AutoModelForCausalLM.from_pretrained(plain(folder), quantization_config=asked)
    (folder / WEIGHTS).unlink()
    model.save_pretrained(folder, safe_serialization=False)
    return folder


def torchao_float8(folder: Path) -> Path:
    """8-bit floating point in the parts that torchao has for safetensors."""

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        scale = weight.abs().amax(1, keepdim=True) / 448
        part = name.replace(".weight", "._weight_")
        yield f"{part}qdata", (weight / scale).to(torch.float8_e4m3fn)
        yield f"{part}scale", scale

    form = {"_type": "Float8WeightOnlyConfig", "_version": 2, "_data": {}}
    block = {"quant_method": "torchao", "quant_type": {"default": form}}
    return _packed(plain(folder), _is_linear, pack, block)


_LAYOUTS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "aqlm": ((".codes",), {"in_group_size": 8, "num_codebooks": 1, "nbits_per_codebook": 16}),
    "auto-round": ((".qweight", ".qzeros"), {"bits": 4, "group_size": 32, "sym": True}),
    "eetq": ((".weight",), {"weights": "int8"}),
    "fbgemm_fp8": ((".weight",), {"activation_scale_ub": 1200.0}),
    "fp_quant": ((".qweight",), {"forward_dtype": "mxfp4"}),
    "higgs": ((".weight",), {"bits": 4, "p": 2, "group_size": 256}),
    "hqq": ((".W_q",), {"quant_config": {"weight_quant_params": {"nbits": 4, "group_size": 64}}}),
    "quanto": ((".weight._data",), {"weights": "int8"}),
    "quark": ((".weight",), {"quant_mode": "eager_mode"}),
    "spqr": ((".dense_weights", ".row_offsets"), {"bits": 3, "beta1": 16, "beta2": 16}),
    "vptq": ((".indices",), {"config_for_layers": {}}),
}
"""Names that methods have for packed weights, and what they say of themselves."""


def named_as(method: str, folder: Path) -> Path:
    """Zeros under the names of a method: enough to know it by, and not to be loaded.

    Args:
        method: A key of ``_LAYOUTS``.
        folder: Folder to fill.
    """
    leaves, block = _LAYOUTS[method]

    def pack(name: str, weight: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        module = name.removesuffix(".weight")
        yield from ((module + leaf, weight.to(torch.int8)) for leaf in leaves)
        yield f"{module}.scales", torch.ones(weight.shape[0], 1)

    return _packed(plain(folder), _is_linear, pack, {"quant_method": method, **block})


NAMED = tuple(_LAYOUTS)


def lora(base: Path, folder: Path) -> Path:
    """An adapter of a Llama that changes what it says."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    wanted = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), wanted)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(4 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


def declare(folder: Path, block: dict[str, Any], **fields: Any) -> Path:
    """Say in the configuration of a checkpoint how its weights are quantised."""
    file = folder / "config.json"
    config = {**json.loads(file.read_text()), **fields, "quantization_config": block}
    file.write_text(json.dumps(config, indent=2))
    return folder


def _packed(
    folder: Path,
    wanted: Callable[[str], bool],
    pack: Callable[[str, torch.Tensor], Iterator[tuple[str, torch.Tensor]]],
    block: dict[str, Any],
    dtype: torch.dtype = torch.float32,
) -> Path:
    packed: Tensors = {}
    for name, weight in load_file(folder / WEIGHTS).items():
        packed |= dict(pack(name, weight)) if wanted(name) else {name: weight.to(dtype)}
    save_file(packed, folder / WEIGHTS, {"format": "pt"})
    return declare(folder, block, dtype=str(dtype).removeprefix("torch."))


def _is_linear(name: str) -> bool:
    return name.endswith("proj.weight")


def _is_expert(name: str) -> bool:
    return name.endswith(("experts.gate_up_proj", "experts.down_proj"))
