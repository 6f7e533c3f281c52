"""What is used of transformers' quantizers beyond what it documents, behind names of ours.

Seen in the sources of transformers 4.57.6 and 5.23.0.
"""

import copy
import logging
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

from runner.upstream.interface import Interface

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_interface = partial(Interface, "transformers", "4.57.0 to 5.23.0")
_AUTO = "transformers.quantizers.auto"

_FROM_CONFIG = _interface(_AUTO, "AutoHfQuantizer.from_config", ("quantization_config",))
_METHODS = _interface(_AUTO, "AUTO_QUANTIZER_MAPPING")
_NOT_CONVERTED = _interface(
    "transformers.quantizers.base",
    "HfQuantizer.get_modules_to_not_convert",
    ("model", "skip_modules", "keep_in_fp32_modules"),
)
_IN_FLOAT32 = _interface("transformers.modeling_utils", "PreTrainedModel._keep_in_fp32_modules")


_TRANSPOSED = _interface("transformers.pytorch_utils", "Conv1D", ("nf", "nx"))

_TORCHAO = _interface("transformers.quantizers.quantizer_torchao", "TorchAoHfQuantizer")
_CONVERSIONS = ("get_load_operations", "get_weight_conversions")
"""What a quantizer has by one of these names, it puts together of parts while it loads."""


def joins_parts_of_torchao() -> bool:
    """Say whether weights are loaded whose parts torchao itself has named, in safetensors."""
    return any(hasattr(_TORCHAO.get(), name) for name in _CONVERSIONS)


def transposed_linear() -> type[Any]:
    """Give the class of the layers that GPT-2 has for linear ones, with their weight transposed."""
    return _TRANSPOSED.get()


def methods() -> frozenset[str]:
    """Give the names of the methods that the installed transformers knows."""
    return frozenset(map(str, _METHODS.get()))


def why_not_here(how: Any, *, stored: bool = True) -> Exception | None:
    """Ask transformers whether it can load weights in this environment that are quantised.

    Args:
        how: The ``quantization_config``, as a mapping or as an object of transformers'.
        stored: Whether the weights are quantised already; else they are as they are loaded.

    Returns:
        What it raises: a package or a device is missing; nothing where it would load them.
    """
    try:
        quantizer = _FROM_CONFIG.get()(copy.deepcopy(how), pre_quantized=stored)
        quantizer.validate_environment(
            dtype=None, from_tf=False, from_flax=False, device_map=None, weights_only=True
        )
    except Exception as error:  # whatever a quantizer's own library raises while it is imported
        return error
    return None


def saves_safetensors(model: Any) -> bool:
    """Say whether a quantised model can be saved as safetensors; else it can as a pickle file.

    Args:
        model: The model.
    """
    asked = model.hf_quantizer.is_serializable
    if "safe_serialization" not in signature(asked).parameters:  # transformers 5 saves no other
        return True
    with _warnings_aside():
        return bool(asked(safe_serialization=True))


@contextmanager
def _warnings_aside() -> Generator[None]:
    """Keep what is asked for from being told as a warning too."""
    log = logging.getLogger("transformers.quantizers")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def not_converted(model: "PreTrainedModel") -> list[str]:
    """Give the modules of a model that transformers leaves as they are when it quantises the rest.

    Args:
        model: The model; its weights need not be there.

    Returns:
        Their names, or parts of these.
    """
    kept = _IN_FLOAT32.of(model) or ()
    return sorted(set(_NOT_CONVERTED.get()(model, None, list(kept))))
