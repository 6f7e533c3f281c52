"""Structures: weights that come quantised, those that a recipe quantises, and adapters on both."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
import yaml
from peft import PeftModel

from runner import compose
from runner.machine.libraries import installed
from runner.sources.checkpoint.quantisation import METHODS
from runner.upstream.quantizers import joins_parts_of_torchao
from runner.work.run import run
from tests import quantised
from tests.structures.structure import Made, Structure, local, tiny

_TEXT = "text-generation"
_PICKLE = {"allow_pickle": True}
_WIDE = {"hidden_size": 64}
"""Rows of the 64 numbers that NF4 scales together, at least."""
_ON_CPU: Mapping[str, Any] = {"device_map": {"": "cpu"}}
_PACKED: Mapping[str, tuple[str, Callable[[Path], Path]]] = {
    "awq": ("llama", quantised.awq),
    "bitnet": ("llama", quantised.bitnet),
    "bitsandbytes_4bit": ("llama", quantised.bitsandbytes_4bit),
    "bitsandbytes_8bit": ("llama", quantised.bitsandbytes_8bit),
    "compressed-tensors": ("llama", quantised.compressed_tensors),
    "fp8": ("llama", quantised.fp8),
    "gptq": ("llama", quantised.gptq),
    "mxfp4": ("gpt_oss", quantised.mxfp4),
    **{name: ("llama", partial(quantised.named_as, name)) for name in quantised.NAMED},
}
"""Checkpoints by the method that their weights are packed with."""
PAGE_HAS = {"bitnet", "bitsandbytes_4bit", "bitsandbytes_8bit", "mxfp4", "torchao"}
"""What the page's machine can load: it has no GPU, and the packages that ``make setup`` brings."""


def loadable() -> set[str]:
    """Give the methods whose weights can be loaded on this machine."""
    gpu = torch.cuda.is_available()
    return {name for name, how in METHODS.items() if not how.missing and (gpu or not how.gpu)}


def structures() -> list[Structure]:
    """Give them."""
    return [*_stored(), *_adapted(), *_by_the_recipe(), *_packaged_again()]


def _stored() -> list[Structure]:
    return [
        Structure("llama", _TEXT, "a pickle file", partial(_of_torchao, _PICKLE), "", "torchao",
                  _lack("torchao")),
        Structure("llama", _TEXT, "a pickle file without leave", partial(_of_torchao, {}), "",
                  "torchao", "a pickle file"),
        Structure("llama", _TEXT, "parts of torchao", partial(_as_it_is, quantised.torchao_float8),
                  "", "torchao", "" if joins_parts_of_torchao() else "does not put together"),
        *(
            Structure("llama", _TEXT, "not packed", partial(_as_it_is, build), "", name,
                      "none of them is packed")
            for name, build in (("gptq", partial(_not_packed, {"quant_method": "gptq", "bits": 4})),
                                ("bitsandbytes_4bit", partial(_not_packed, {"load_in_4bit": True})))
        ),
        *(
            Structure(kind, _TEXT, "packed", partial(_as_it_is, build), "", name, _lack(name))
            for name, (kind, build) in _PACKED.items()
            if name not in quantised.NAMED or _lack(name)
        ),
    ]  # fmt: skip


def _lack(name: str) -> str:
    """Say how a method is refused here; empty where its weights can be loaded."""
    return "" if name in loadable() else f"quantised ({name}) and cannot be loaded"


def _of_torchao(leave: Mapping[str, Any], folder: Path) -> Made:
    made = quantised.torchao_int8(folder / "packed")
    return Made(made, leave, partial(_native, made))


def _as_it_is(build: Callable[[Path], Path], folder: Path) -> Made:
    made = build(folder / "packed")
    return Made(made, native=partial(_native, made))


def _not_packed(block: dict[str, Any], folder: Path) -> Path:
    """Whole weights, with what a training on a quantised base left in their configuration."""
    return quantised.declare(quantised.plain(folder), block)


def _native(folder: Path, auto: str = "AutoModelForCausalLM", **how: Any) -> Any:
    return getattr(transformers, auto).from_pretrained(folder, dtype="auto", **_ON_CPU, **how)


def _adapted() -> list[Structure]:
    return [
        Structure(_PACKED[name][0], _TEXT, "packed", partial(_with_adapter, *_PACKED[name]),
                  "LoRA, stored", name, _lack(name))
        for name in ("bitsandbytes_4bit", "bitsandbytes_8bit", "mxfp4", "gptq")
    ]  # fmt: skip


def _with_adapter(architecture: str, build: Callable[[Path], Path], folder: Path) -> Made:
    base = build(folder / "packed")
    plain = tiny(architecture, _TEXT, **quantised.SIZES[architecture])
    adapter = quantised.lora(plain, folder / "adapter")

    def native() -> Any:
        return PeftModel.from_pretrained(_native(base), adapter).eval()

    return Made(base, {"adapter": local(adapter)}, native)


def _by_the_recipe() -> list[Structure]:
    llama = ("llama", _TEXT, "AutoModelForCausalLM")
    bert = ("bert", "text-classification", "AutoModelForSequenceClassification")
    vit = ("vit", "image-classification", "AutoModelForImageClassification")
    whole = [(llama, method) for method in _ASKED]
    more = [(bert, "torchao-int8"), (vit, "torchao-int8"), (bert, "bitsandbytes-nf4")]
    of_gpt2 = ("gpt2", _TEXT, "AutoModelForCausalLM")
    return [
        *(_quantising(*one, method) for one, method in [*whole, *more]),
        _quantising(*of_gpt2, "bitsandbytes-int8"),
        _quantising(*of_gpt2, "torchao-int8", refused="has no layer that torchao-int8 quantises"),
        *(_quantising(*llama, method, adapted=True) for method in _ASKED),
    ]


def _quantising(
    architecture: str,
    task: str,
    auto: str,
    method: str,
    *,
    adapted: bool = False,
    refused: str = "",
) -> Structure:
    package = method.partition("-")[0]
    make = partial(_quantised, architecture, task, auto, method, adapted)
    adapter, said = "LoRA, stored" if adapted else "", f"{method}, by the recipe"
    missing = "" if installed(package) else f"{package} is not installed"
    return Structure(architecture, task, "one file", make, adapter, said, missing or refused)


def _quantised(
    architecture: str, task: str, auto: str, method: str, adapted: bool, folder: Path
) -> Made:
    base = tiny(architecture, task, **_WIDE)
    adapter = quantised.lora(base, folder / "adapter") if adapted else None
    said = {"adapter": local(adapter)} if adapter else {}

    def native() -> Any:
        model = _native(base, auto, quantization_config=_ASKED[method]())
        return PeftModel.from_pretrained(model, adapter).eval() if adapter else model

    return Made(base, {"quantize": {"method": method}, **said}, native)


def _packaged_again() -> list[Structure]:
    return [
        Structure("llama", _TEXT, "saved by the runner", partial(_packaged_before, method), "",
                  f"{method}, by the recipe before")
        for method in ("torchao-int8", "bitsandbytes-nf4")
        if installed(method.partition("-")[0])
    ]  # fmt: skip


def _packaged_before(method: str, folder: Path) -> Made:
    """A model that was quantised by a recipe, as the source of another."""
    base = tiny("llama", _TEXT, **_WIDE)
    recipe = {"task": _TEXT, "source": local(base), "quantize": {"method": method}}
    folder.mkdir(parents=True)
    (folder / "before.yaml").write_text(yaml.safe_dump({**recipe, "evaluation": {"views": []}}))
    record = run(compose(folder / "before.yaml", "tracking.uri=null"), folder / "out", "default")
    source = {"kind": "mlflow", "uri": record.model}
    weights = Path(record.model) / "model"
    said = {"source": source, **_PICKLE}
    return Made(weights, said, partial(_native, weights), base)


def _torchao_int8() -> Any:
    from torchao.quantization import Int8WeightOnlyConfig

    return transformers.TorchAoConfig(quant_type=Int8WeightOnlyConfig(version=2))


def _nf4() -> Any:
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32
    )


_ASKED: Mapping[str, Callable[[], Any]] = {
    "torchao-int8": _torchao_int8,
    "bitsandbytes-int8": partial(transformers.BitsAndBytesConfig, load_in_8bit=True),
    "bitsandbytes-nf4": _nf4,
}
"""What transformers is told for each method of ``quantize``."""
