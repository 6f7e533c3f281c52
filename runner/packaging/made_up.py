"""Made-up inputs of a forward pass, for a model whose recipe names none."""

import inspect
from collections.abc import Iterator
from typing import Any, cast

import torch
from transformers import PreTrainedModel

from runner.packaging.made_up_tensors import MAKERS

_BESIDE = (
    ("decoder_input_ids",),
    ("input_ids", "attention_mask", "bbox", "is_longer", "token_type_ids"),
    ("pixel_values", "input_features", "visual_feats", "visual_pos", "spatial_shapes",
     "pixel_attention_mask", "image_attention_mask", "image_embeds_position_mask",
     "encoder_hidden_states"),
    ("states", "actions", "rewards", "returns_to_go", "timesteps", "trajectories",
     "flattened_patches", "future_values", "future_time_features", "context_input_ids",
     "context_attention_mask", "doc_scores"),
)  # fmt: skip
"""What a model may need beside what its signature says, the commonest first."""


def made_up_inputs(model: PreTrainedModel) -> Iterator[dict[str, torch.Tensor]]:
    """Give inputs that a model may take, the fewest first.

    Args:
        model: The model.

    Yields:
        Tensors by name, the same whenever they are asked for: those without which ``forward``
        cannot be called and the model's main input; then with more and more of what it may be
        told beside them.
    """
    parameters = inspect.signature(model.forward).parameters
    names = [
        name
        for name, one in parameters.items()
        if name in _main_inputs(model)
        or (one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL))
    ]
    known = [name for name in names if name in MAKERS]
    yielded: list[list[str]] = [[]]
    for more in ((), *_BESIDE):
        new = [name for name in more if name in MAKERS and name not in known]
        known += [name for name in new if name in parameters]
        if known not in yielded:
            yielded.append([*known])
            with torch.random.fork_rng(devices=[]):
                torch.random.default_generator.manual_seed(0)
                yield {name: MAKERS[name](model.config) for name in known}


def _main_inputs(model: PreTrainedModel) -> list[str]:
    """Give the names of a model's main input; of some models it is several."""
    main: Any = model.main_input_name
    return [main] if isinstance(main, str) else list(cast("list[str]", main))
