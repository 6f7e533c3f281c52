"""Make the twin of a PEFT adapter: of the same type, on the same modules, small and untrained."""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.sources import Checkpoint

_RANK = 4
_FOLLOWING = ("token_dim", "num_layers", "num_attention_heads", "layers_to_transform")
"""What PEFT itself takes from the base model, or what names layers that a twin does not have."""


def make_adapter_twin(checkpoint: Checkpoint, base: PreTrainedModel, folder: Path) -> None:
    """Make the twin of an adapter.

    Args:
        checkpoint: The adapter; its weights need not be there.
        base: The twin of its base model; it is changed.
        folder: A new folder for it.

    Raises:
        SourceError: It changes modules that the base model does not have.
    """
    from peft import PeftConfig, get_peft_model

    config: Any = PeftConfig.from_pretrained(str(checkpoint.folder))
    for name in _FOLLOWING:
        if hasattr(config, name):
            setattr(config, name, None)
    for name in ("rank_pattern", "alpha_pattern"):
        if hasattr(config, name):
            setattr(config, name, {})
    if isinstance(rank := getattr(config, "r", None), int):
        config.r = min(rank, _RANK)
    try:
        twin = get_peft_model(base, config)
    except Exception as error:
        raise_if_ours(error)
        raise SourceError(
            f"the adapter {checkpoint.name} does not fit the base model: {first_line(error)}",
            "Take the base model that the adapter was trained on, or another adapter.",
        ) from error
    twin.save_pretrained(str(folder))
