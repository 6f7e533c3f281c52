"""From hidden states to one vector a text: pooling, and the steps that a checkpoint declares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from .errors import BadRequest
from .sentences import OF_TEXT, OF_TOKENS, WEIGHTS, Sentences, Step

_LEAST = 1e-9


def pooled(states: Tensor, mask: Tensor, ways: Iterable[str]) -> Tensor:
    """Make one vector of the hidden states of each text.

    Args:
        states: Hidden states, ``(texts, tokens, size)``.
        mask: 1 for each token that counts, ``(texts, tokens)``.
        ways: How, by the names that sentence-transformers has; what several give is put behind
            each other.
    """
    return torch.cat([_WAYS[way](states, mask) for way in ways], dim=-1)


def _first(states: Tensor, mask: Tensor) -> Tensor:
    return states[torch.arange(len(states), device=states.device), mask.int().argmax(dim=1)]


def _last(states: Tensor, mask: Tensor) -> Tensor:
    last = mask.shape[1] - 1 - mask.flip(1).int().argmax(dim=1)
    return states[torch.arange(len(states), device=states.device), last]


def _greatest(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).max(dim=1).values


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    total, count = _sums(states, mask)
    return total / count


def _mean_of_root(states: Tensor, mask: Tensor) -> Tensor:
    total, count = _sums(states, mask)
    return total / count.sqrt()


def _weighted_mean(states: Tensor, mask: Tensor) -> Tensor:
    places = torch.arange(1, states.shape[1] + 1, device=states.device)
    total, count = _sums(states, mask * places)
    return total / count


def _sums(states: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    wide = weights.unsqueeze(-1).to(states.dtype)
    return (states * wide).sum(dim=1), wide.sum(dim=1).clamp(min=_LEAST)


_WAYS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cls": _first, "last": _last, "lasttoken": _last, "max": _greatest, "mean": _mean,
    "mean_sqrt_len_tokens": _mean_of_root, "weightedmean": _weighted_mean,
}  # fmt: skip
WAYS = tuple(_WAYS)
"""How hidden states become a vector."""


class Declared:
    """What a checkpoint declares is done to the hidden states of its model.

    Args:
        sentences: The declaration.
        model: The model: its dtype and device are those of the layers too.
    """

    def __init__(self, sentences: Sentences, model: Any) -> None:
        self._steps = sentences.steps
        self._layers = {
            step.path: _layer(sentences, step).to(model.device, model.dtype).eval()
            for step in sentences.steps
            if step.has_weights
        }

    def vectors(
        self,
        states: Tensor,
        mask: Tensor,
        prompt: int,
        ways: Sequence[str],
        *,
        normalize: bool,
    ) -> Tensor:
        """Give the vectors of texts.

        Args:
            states: Hidden states, ``(texts, tokens, size)``.
            mask: 1 for each token of a text.
            prompt: Tokens that each text begins with because of its prompt.
            ways: Poolings in place of the declared one; empty for that.
            normalize: Whether a declared scaling to length 1 is done.

        Raises:
            BadRequest: What the poolings give does not fit the layer behind.
        """
        features = {OF_TOKENS: states}
        for step in self._steps:
            given = features[step.reads]
            match step.kind:
                case "Pooling":
                    kept = mask if step.config.get("include_prompt", True) else mask.clone()
                    if kept is not mask:
                        kept[:, :prompt] = 0
                    made = pooled(given, kept, ways or step.poolings)
                case "Normalize":
                    made = nn.functional.normalize(given, dim=-1) if normalize else given
                case _:
                    _insist_on_width(given, step, ways)
                    made = self._layers[step.path](given)
            features[step.writes] = made
        return features[OF_TEXT]


def _insist_on_width(given: Tensor, step: Step, ways: Sequence[str]) -> None:
    wanted = step.config.get("in_features", step.config.get("dimension"))
    if ways and given.shape[-1] != wanted:
        raise BadRequest(
            f"pooling {', '.join(ways)} gives {given.shape[-1]} numbers, and the layer "
            f"{step.path} takes {wanted}"
        )


def _layer(sentences: Sentences, step: Step) -> nn.Module:
    config = step.config
    stored = load_file(sentences.folder / step.path / WEIGHTS)
    if step.kind == "LayerNorm":
        norm = nn.LayerNorm(config["dimension"])
        norm.load_state_dict({name.removeprefix("norm."): t for name, t in stored.items()})
        return norm
    linear = nn.Linear(config["in_features"], config["out_features"], bias=config.get("bias", True))
    linear.load_state_dict({name.removeprefix("linear."): t for name, t in stored.items()})
    return nn.Sequential(linear, getattr(nn, step.activation)())
