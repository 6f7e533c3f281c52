"""Models that are held for the next one who wants the same: given only as they were loaded."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.upstream.torch_api import changes_of


@dataclass
class AsLoaded:
    """A model in memory, and how it was when it was loaded.

    Args:
        model: The model.
        state: What tells whether it was changed.
        config: What its configuration said.
        generation: Its settings of generation.
    """

    model: Any
    state: Any
    config: dict[str, Any]
    generation: Any

    @classmethod
    def of(cls, model: Any) -> "AsLoaded":
        """Note how a model is.

        Args:
            model: The model; one of which it :func:`is_known` whether it was changed.
        """
        config = copy.deepcopy(model.config.__dict__)
        return cls(model, state_of(model), config, copy.deepcopy(_generation(model)))

    def as_loaded(self) -> Any:
        """Give the model as it was loaded; None where something of it was changed for good."""
        if state_of(self.model) != self.state:
            return None
        self.model.config.__dict__ = copy.deepcopy(self.config)
        if self.generation is not None:
            self.model.generation_config = copy.deepcopy(self.generation)
        return self.model


def is_known(model: Any) -> bool:
    """Say whether it can be told if a model was changed.

    Args:
        model: The model.
    """
    return not any(tensor.is_inference() for _, tensor in _tensors(model))


def state_of(model: Any) -> Any:
    """Tell what was changed of a model: its parts, its tensors, what was hung on it.

    Args:
        model: The model.
    """
    tensors = [
        (name, tensor.shape, tensor.dtype, tensor.device, _changes(tensor))
        for name, tensor in _tensors(model)
    ]
    modules = [(name, type(part)) for name, part in model.named_modules()]
    return tensors, modules, model.training, sorted(model.__dict__)


def _tensors(model: Any) -> Iterator[tuple[str, Any]]:
    yield from model.named_parameters(remove_duplicate=False)
    yield from model.named_buffers(remove_duplicate=False)


def _changes(tensor: Any) -> int | None:
    """Give how often it was written to; None of one that came to the model while it was asked."""
    return None if tensor.is_inference() else changes_of(tensor)


def _generation(model: Any) -> Any:
    return getattr(model, "generation_config", None)
