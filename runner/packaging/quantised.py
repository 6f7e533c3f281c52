"""Weights that come quantised: stored as they are, and never loaded as random numbers."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import transformers
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.packaging.dtypes import is_floating
from runner.packaging.sizes import quantised_bytes
from runner.recipe.judging.stored_form import refused
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint
from runner.sources.checkpoint.model_classes import text_config
from runner.sources.checkpoint.quantisation import Quantisation, quantisation_of
from runner.sources.checkpoint.safetensors_header import TensorInfo
from runner.upstream.quantizers import (
    joins_parts_of_torchao,
    methods,
    not_converted,
    why_not_here,
)

_FIELD = "quantization_config"
_PART = "._weight_"
"""What torchao has in the names of the parts of a weight."""


def quantised_source(checkpoint: Checkpoint) -> Quantisation | None:
    """Say how the weights of a checkpoint are quantised.

    Args:
        checkpoint: The checkpoint.

    Returns:
        How; None where they are not.

    Raises:
        SourceError: By a method that transformers does not know: it would pass it over, and fill
            the model with random numbers.
    """
    found = None if checkpoint.gguf else quantisation_of(checkpoint.folder)
    if found and found.name.partition("_")[0] not in {m.partition("_")[0] for m in methods()}:
        raise SourceError(
            f"the weights of {checkpoint.name} are quantised by `{found.name}`, which transformers "
            f"{transformers.__version__} does not know: it would load random numbers instead",
            "Take a checkpoint that is quantised by another method, or not at all.",
        )
    return found


def insist_on_stored_form(recipe: Recipe, found: Quantisation, checkpoint: Checkpoint) -> None:
    """Refuse what would need the weights in another form than they are stored in.

    Args:
        recipe: The recipe.
        found: How the weights are quantised.
        checkpoint: Where they are.

    Raises:
        SourceError: The recipe asks for another dtype, or for weights that are computed anew.
    """
    for field, remedy in refused(recipe, found):
        raise SourceError(
            f"the weights of {checkpoint.name} are quantised ({found.name}) and stay as they are: "
            f"`{field}` cannot be applied to them",
            remedy,
        )


def insist_on_environment(found: Quantisation, checkpoint: Checkpoint) -> None:
    """Refuse what cannot be loaded here, and so not be proven.

    Args:
        found: How the weights are quantised.
        checkpoint: Where they are.

    Raises:
        SourceError: A package is missing, or a device.
    """
    missing = found.method.missing if found.method else []
    what = f"the weights of {checkpoint.name} are quantised ({found.name}) and cannot be loaded"
    if missing:
        raise SourceError(
            f"{what}: {' and '.join(missing)} {'is' if missing[1:] == [] else 'are'} not installed",
            f"pip install {' '.join(missing)}",
        )
    if found.block and (error := why_not_here(found.block)):
        raise_if_ours(error)
        raise SourceError(
            f"{what} on this machine: {first_line(error)}",
            f"Run it where there is what loading takes: {found.needs}.",
        ) from error


def unquantised(config: PretrainedConfig) -> PretrainedConfig:
    """Give a configuration of the same model without quantisation: its shapes as they were.

    Args:
        config: The configuration, as read.
    """
    plain = copy.deepcopy(config)
    for part in (plain, text_config(plain)):
        if hasattr(part, _FIELD):
            delattr(part, _FIELD)
    return plain


def is_quantised(config: PretrainedConfig) -> bool:
    """Say whether a configuration is of a model with quantised weights.

    Args:
        config: The configuration, as read.
    """
    return any(getattr(part, _FIELD, None) for part in (config, text_config(config)))


def planned_bytes(found: Quantisation, model: PreTrainedModel) -> int:
    """Estimate the size in bytes of weights of which only the configuration is there.

    Args:
        found: How they are quantised.
        model: The model without quantisation.
    """
    kept = not_converted(model)
    embeddings = {f"{n}.weight" for n, m in model.named_modules() if isinstance(m, nn.Embedding)}
    packed = {
        name
        for name, weight in model.named_parameters()
        if weight.ndim > 1 and name not in embeddings and not any(part in name for part in kept)
    }
    return quantised_bytes(model, packed, found.bits)


def without_packed(
    report: Mapping[str, Any],
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    found: Quantisation,
) -> Mapping[str, Any]:
    """Take out of a report on how tensors fit what is only stored in another form.

    A weight that is missing is packed where its module has tensors of no floating-point dtype by
    other names; one of another shape is packed where it is of no such dtype itself.

    Args:
        report: What ``from_pretrained(output_loading_info=True)`` gave of the model without
            quantisation.
        model: That model.
        tensors: The checkpoint's tensors.
        found: How its configuration says that they are quantised.

    Returns:
        The report of what really does not fit.

    Raises:
        SourceError: They are in parts that transformers does not put together, or not packed.
    """
    _insist_on_joined_parts(tensors)
    packed = {name for name, info in tensors.items() if not is_floating(info.dtype)}
    if not packed and found.method and found.method.packs:
        raise SourceError(
            f"{next(iter(tensors.values())).folder / 'config.json'} says that the weights are "
            f"quantised ({found.name}), and none of them is packed",
            "Take `quantization_config` out of it: it is left from a training on a quantised base.",
        )
    stored = _Packed.of(packed, model.base_model_prefix)
    return {
        **report,
        "missing_keys": [name for name in report["missing_keys"] if not stored.stands_for(name)],
        "mismatched_keys": [
            key
            for key in report["mismatched_keys"]
            if (key if isinstance(key, str) else key[0]) not in stored.names
        ],
    }


def _insist_on_joined_parts(tensors: Mapping[str, TensorInfo]) -> None:
    parts = sorted(name for name in tensors if _PART in name)
    if parts and not joins_parts_of_torchao():
        raise SourceError(
            f"{tensors[parts[0]].path} holds weights in the parts that torchao has for safetensors "
            f"({parts[0]} and the like), which transformers {transformers.__version__} does not "
            "put together",
            "Install transformers 5; or save it with safe_serialization=False, and write "
            "`allow_pickle: true`.",
        )


@dataclass(frozen=True)
class _Packed:
    """The tensors that hold packed weights, by the names that a model may have for them.

    Args:
        names: Their names.
        leaves: The last parts of these, by what stands before.
    """

    names: frozenset[str]
    leaves: Mapping[str, list[str]]

    @classmethod
    def of(cls, names: Iterable[str], prefix: str) -> "_Packed":
        """Name them as they are stored, and with and without the model's own prefix."""
        known = frozenset(
            alias
            for name in names
            for alias in (name, f"{prefix}.{name}", name.removeprefix(f"{prefix}."))
        )
        leaves: dict[str, list[str]] = {}
        for name in known:
            module, _, leaf = name.rpartition(".")
            leaves.setdefault(module, []).append(leaf)
        return cls(known, leaves)

    def stands_for(self, name: str) -> bool:
        """Say whether a weight is packed in them."""
        module, _, leaf = name.rpartition(".")
        beside = self.leaves.get(module, ())
        whole = bool(beside) and leaf == "weight"
        return whole or name in self.leaves or any(other.startswith(leaf) for other in beside)
