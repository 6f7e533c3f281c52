"""Parts of a GGUF file, read once for all points of a sweep that have them.

The vocabulary, the merges and the configuration lie in the file as words by the ten thousand, of
which a tokenizer has to be made. Points that differ in dtype, params or template have the same one.
"""

import copy
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from runner.files.states import states_of
from runner.packaging.as_loaded import AsLoaded
from runner.packaging.asked import insist_on_known
from runner.packaging.blueprint import Blueprint, draw, dtype_of_gguf, with_components
from runner.packaging.quantised import insist_on_environment
from runner.packaging.shared_tokenizers import AsRead, copied
from runner.recipe.language.models import Recipe
from runner.sources import Checkpoint

_OF_ITS_USE = {
    *("dtype", "description", "prompt_template", "inference_config", "params", "input_example"),
    *("evaluation", "tracking", "metadata", "model_card", "requirements", "code_paths"),
}
"""Fields of a recipe that its parts do not depend on, but for the dtype of what has no weights."""


@dataclass(frozen=True)
class _Drawn:
    """A blueprint that nobody is given, and what those that are given share with it.

    Args:
        blueprint: The blueprint.
        insides: What is inside of its tokenizers.
        models: Its weightless model in each dtype that was asked for.
    """

    blueprint: Blueprint
    insides: tuple[AsRead, ...]
    models: dict[torch.dtype, AsLoaded] = field(default_factory=dict[torch.dtype, AsLoaded])

    @classmethod
    def of(cls, blueprint: Blueprint) -> "_Drawn":
        insides = map(AsRead.of, blueprint.components.values())
        return cls(blueprint, tuple(inside for inside in insides if inside is not None))

    @property
    def is_as_read(self) -> bool:
        return all(inside.restored() for inside in self.insides)

    def model(self, dtype: torch.dtype) -> Any:
        """Give the model as it was drawn, in a dtype."""
        held = self.models.get(dtype)
        model: Any = held.as_loaded() if held else None
        if model is None:
            model = copy.deepcopy(self.blueprint.model)
            self.models[dtype] = AsLoaded.of(model.to(dtype=dtype))
        return model


_KEPT: ContextVar[dict[str, _Drawn] | None] = ContextVar("parts that were read", default=None)


@contextmanager
def drawn_once() -> Generator[None]:
    """Keep the parts that are read inside, for whoever reads the same."""
    kept = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(kept)


def drawn(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint:
    """Draw the blueprint of a model, with its components.

    Args:
        recipe: The recipe.
        checkpoints: Checkpoint of the ``model``, and of each part that has its own.

    Returns:
        The blueprint: nobody else's while it is used, and as it was drawn, so that whoever changes
        its parts changes no other point.

    Raises:
        SourceError: A part cannot be loaded, or the weights do not fit the configuration.
    """
    kept = _KEPT.get()
    if kept is None or not checkpoints["model"].gguf:
        return _drawn(recipe, checkpoints)
    key = _key(recipe, checkpoints)
    if key not in kept or not kept[key].is_as_read:
        kept[key] = _Drawn.of(_drawn(recipe, checkpoints))
    pristine, dtype = kept[key].blueprint, dtype_of_gguf(recipe)
    parts = (pristine.config, dict(pristine.components))
    config, components = copied(parts, pristine.components.values())
    own = replace(
        pristine,
        config=config,
        model=kept[key].model(dtype),
        dtype=dtype,
        components=components,
        origins=checkpoints,
    )
    insist_on_known(recipe, own)
    return own


def _drawn(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> Blueprint:
    blueprint = draw(recipe, checkpoints)
    if blueprint.quantised and blueprint.stays_quantised:
        insist_on_environment(blueprint.quantised, blueprint.checkpoint)
    return with_components(blueprint, recipe, checkpoints)


def _key(recipe: Recipe, checkpoints: Mapping[str, Checkpoint]) -> str:
    said = recipe.model_dump(mode="json", exclude=_OF_ITS_USE)
    there = {name: [repr(one), states_of(one.folder)] for name, one in checkpoints.items()}
    return json.dumps([said, there], sort_keys=True, default=str)
