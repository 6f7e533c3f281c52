"""Whether an adapter is one of a model: by names and shapes, without the numbers of either."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from transformers import PreTrainedModel

from runner.packaging.brought import PART, ROOT, Brought
from runner.sources.checkpoint.model_classes import text_config
from runner.sources.checkpoint.safetensors_header import TensorInfo

_TIES_TOO = "ensure_weight_tying"
"""What an adapter says that changes all layers of the same weights alike."""
_BY_HEADS = ("PREFIX_TUNING", "CARTRIDGE")
"""The types whose learnt tokens are as wide as keys and values, not as the model."""


def unfit(
    config: Mapping[str, Any], tensors: Mapping[str, TensorInfo], model: PreTrainedModel
) -> str:
    """Say why an adapter is of another model than this one; nothing where it is not.

    Args:
        config: Its configuration.
        tensors: Its tensors; none where they are not at hand.
        model: The model; its weights need not be there.
    """
    modules = dict(model.named_modules())
    if config.get("layer_replication"):  # PEFT itself has more layers than the model
        tensors = {}
    for module, part, info in _parts(tensors):
        if module not in modules:
            return f"it changes {module}, which {type(model).__name__} does not have"
        if wrong := _shape_problem(part, info.shape, modules[module]):
            return f"{module} {wrong}"
    have = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for name, shape in Brought.of(config, tensors).shapes.items():
        if have.get(name, shape) != shape:
            return f"{name} is {have[name]} in the model and {shape} in the adapter"
    return _size_problem(config, text_config(model.config))


def _size_problem(config: Mapping[str, Any], text: Any) -> str:
    """Hold learnt tokens to the sizes of a model."""
    width = getattr(text, "hidden_size", None)
    heads, pairs = (getattr(text, f"num_{name}_heads", None) for name in ("attention", "key_value"))
    if config.get("peft_type") in _BY_HEADS and width and heads and pairs:
        width = pairs * (getattr(text, "head_dim", None) or width // heads)
    layers = getattr(text, "num_hidden_layers", None)
    for key, name, has in (("num_layers", "layers", layers), ("token_dim", "width", width)):
        said = config.get(key)
        if said is not None and has is not None and said != has:
            return f"it was trained for {name} {said}, the model has {has}"
    return ""


def _shape_problem(part: str, shape: tuple[int, ...], module: Any) -> str:
    weight = getattr(module, "weight", None)
    if weight is None or weight.ndim != 2 or len(shape) != 2:
        return ""
    sides = {int(side) for side in weight.shape}
    given = {
        "lora_A": shape[1:],
        "lora_B": shape[:1],
        "lora_embedding_A": shape[1:],
        "lora_embedding_B": shape[:1],
    }.get(part, ())
    if part.startswith("ia3_l"):
        given = (max(shape),)
    if all(side in sides for side in given):
        return ""
    return f"is {' by '.join(map(str, weight.shape))}, the adapter's {part} {list(shape)}"


def shared_layer(
    config: Mapping[str, Any], tensors: Mapping[str, TensorInfo], model: PreTrainedModel
) -> str:
    """Name a layer that an adapter changes, and whose weights are those of another layer too.

    Args:
        config: Its configuration.
        tensors: Its tensors; none where they are not at hand.
        model: The model; its weights need not be there.

    Returns:
        Its name; empty where there is none.
    """
    named = dict(model.named_parameters(remove_duplicate=False))
    held = Counter(id(parameter) for parameter in named.values())
    changed = {module for module, _, _ in _parts(tensors)}
    shared = (module for module in sorted(changed) if held[id(named.get(f"{module}.weight"))] > 1)
    return "" if config.get(_TIES_TOO) else next(shared, "")


def _parts(tensors: Mapping[str, TensorInfo]) -> Iterator[tuple[str, str, TensorInfo]]:
    """Give what is added to modules: the module, what it is called, and what is known of it."""
    for name, info in tensors.items():
        match = PART.search(name)
        if match is not None and name.startswith(ROOT):  # VeRA's matrices are no layer's own
            yield name[: match.start()].removeprefix(ROOT), match[1], info
