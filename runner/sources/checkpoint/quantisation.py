"""How the weights of a checkpoint are quantised: read from its configuration, no library asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from runner.machine.libraries import installed
from runner.sources.checkpoint.untrusted import read_json

_BITSANDBYTES = "bitsandbytes"


@dataclass(frozen=True)
class Method:
    """What loading weights takes that are quantised in a way.

    Args:
        needs: Distributions: of each group one.
        gpu: Whether it runs on a GPU alone.
        bits: Bits of a weight where the configuration does not say, with its share of the scales.
        widens_to: dtype that the weights have in memory where there is no GPU; empty where they
            stay as they are.
        own_form: Whether its weights are tensors of a kind of the package's own, which stay in
            pickle files.
        packs: Whether its weights are stored as whole numbers and nothing else.
    """

    needs: tuple[tuple[str, ...], ...] = ()
    gpu: bool = False
    bits: float = 8
    widens_to: str = ""
    own_form: bool = False
    packs: bool = False

    @property
    def packages(self) -> list[str]:
        """The distributions that it needs and that are installed."""
        return [name for group in self.needs for name in group if installed(name)]

    @property
    def missing(self) -> list[str]:
        """What it needs and is not installed: the first of each group."""
        return [group[0] for group in self.needs if not any(map(installed, group))]


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "aqlm": Method((("aqlm",),), bits=2),
        "auto-round": Method((("auto-round",),), bits=4),
        "awq": Method((("autoawq", "gptqmodel"),), bits=4, packs=True),
        "bitnet": Method(bits=2),
        "bitsandbytes_4bit": Method(((_BITSANDBYTES,),), bits=4.5, packs=True),
        "bitsandbytes_8bit": Method(((_BITSANDBYTES,),)),
        "compressed-tensors": Method((("compressed-tensors",),)),
        "eetq": Method((("eetq", "kernels"),), gpu=True),
        "fbgemm_fp8": Method((("fbgemm-gpu", "fbgemm-gpu-genai"),), gpu=True),
        "fp8": Method(gpu=True),
        "fp_quant": Method((("fp-quant",),), gpu=True, bits=4.5),
        "gptq": Method((("gptqmodel", "auto-gptq"), ("optimum",)), bits=4, packs=True),
        "higgs": Method((("flute-kernel",), ("fast-hadamard-transform",)), gpu=True, bits=4),
        "hqq": Method((("hqq",),), bits=4),
        "mxfp4": Method(bits=4.25, widens_to="bfloat16"),
        "quanto": Method((("optimum-quanto",),)),
        "quark": Method((("amd-quark",),)),
        "spqr": Method((("spqr-quant",),), gpu=True, bits=3),
        "torchao": Method((("torchao",),), own_form=True),
        "vptq": Method((("vptq",),), gpu=True, bits=3),
    }
)
"""The methods by the name that transformers has for them.

Source: ``transformers.quantizers``: the packages and devices that its quantizers insist on.
"""


@dataclass(frozen=True)
class Quantisation:
    """How weights are quantised.

    Args:
        name: The method, as transformers names it.
        method: What it takes; None for one that is not known.
        block: What the configuration says of it.
        dtype: dtype of what is not quantised, as the configuration names it; empty where it does
            not.
    """

    name: str
    method: Method | None
    block: Mapping[str, Any] = field(default_factory=dict[str, Any])
    dtype: str = ""

    @property
    def bits(self) -> float:
        """Bits of a quantised weight."""
        return min(_said_bits(self.block), default=(self.method or Method()).bits)

    @property
    def widens_to(self) -> str:
        """The dtype that they take in memory where there is no GPU; empty where they stay."""
        return self.method.widens_to if self.method else ""

    @property
    def needs(self) -> str:
        """What loading it takes, as a phrase."""
        method = self.method or Method()
        packages = [" or ".join(group) for group in method.needs]
        if method.missing:
            packages[-1] += f" (not installed: {', '.join(method.missing)})"
        where = "a GPU" if method.gpu else "a GPU or a CPU"
        widened = f", where they take {method.widens_to}" if method.widens_to else ""
        return " and ".join([*packages, where]) + widened


def quantisation_of(folder: Path) -> Quantisation | None:
    """Say how the weights of a checkpoint are quantised.

    Args:
        folder: Its folder.

    Returns:
        What its ``config.json`` says; None where they are not quantised, or it cannot be read.
    """
    try:
        values: Any = read_json(folder / "config.json")
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict):
        return None
    config = cast("dict[str, Any]", values)
    block = next((b for c in _configs(config) if (b := c.get("quantization_config"))), None)
    if not isinstance(block, dict):
        return None
    said = cast("dict[str, Any]", block)
    name = _name(said)
    dtype = str(config.get("dtype") or config.get("torch_dtype") or "")
    return Quantisation(name, METHODS.get(name), said, dtype.removeprefix("torch."))


def _configs(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a configuration, and that of its text model: transformers looks into both."""
    yield config
    if isinstance(text := config.get("text_config"), dict):
        yield cast("dict[str, Any]", text)


def _name(block: Mapping[str, Any]) -> str:
    """Give the method; that of bitsandbytes by its width, as transformers tells them apart."""
    if block.get("load_in_4bit"):
        return f"{_BITSANDBYTES}_4bit"
    if block.get("load_in_8bit"):
        return f"{_BITSANDBYTES}_8bit"
    return str(block.get("quant_method") or "")


def _said_bits(block: Any) -> Iterator[float]:
    """Give the widths that a configuration names, whatever its method calls them."""
    match block:
        case dict():
            for key, value in cast("dict[str, Any]", block).items():
                is_width = key in ("bits", "nbits", "num_bits", "w_bit")
                if is_width and isinstance(value, int | float) and value > 0:
                    yield value
                else:
                    yield from _said_bits(value)
        case list():
            for value in cast("list[Any]", block):
                yield from _said_bits(value)
        case _:
            return
