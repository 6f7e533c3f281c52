"""Answers of a model, generated once: what a view is asked again is known already.

A view is asked for its inputs, and once more with the params at their defaults. Where the second
comes to ask the same model in memory for the same tokens in the same way, and nothing is drawn, it
answers the same. What comes before and behind, and whether it does ask the same, is run each time.
Each view generates for itself: its answers and its time are its own.
"""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from transformers import GenerationMixin

from runner.packaging.as_loaded import is_known, state_of
from runner.upstream.transformers_api import settled_generation

_OF_DRAWING = (
    *("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"),
    "transformers_version",
)
"""Settings that say nothing where nothing is drawn."""
_PLAIN = (torch.Tensor, bool, int, float, str, list, tuple)


@contextmanager
def answered_once() -> Generator[None]:
    """Keep what models generate inside, for whoever asks them just that again."""
    theirs: Callable[..., Any] = GenerationMixin.generate
    kept: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()

    def generate(self: Any, *inputs: Any, **how: Any) -> Any:
        key = _key(self, inputs, how)
        if key is None:
            return theirs(self, *inputs, **how)
        answers = kept.setdefault(self, {})
        if key not in answers:
            answer = theirs(self, *inputs, **how)
            if not isinstance(answer, torch.Tensor):
                return answer
            answers[key] = answer.detach().clone()
        return answers[key].clone()

    GenerationMixin.generate = generate  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        GenerationMixin.generate = theirs  # pyright: ignore[reportAttributeAccessIssue]


def _key(model: Any, inputs: tuple[Any, ...], how: Mapping[str, Any]) -> str | None:
    """Say what a model is asked, and how it is; None where what it answers depends on more."""
    given = {name: value for name, value in how.items() if value is not None}
    config = given.pop("generation_config", None)
    asked = {**{str(n): value for n, value in enumerate(inputs)}, **given}
    if not all(isinstance(value, _PLAIN) for value in asked.values()) or not is_known(model):
        return None
    settings = {name: v for name, v in asked.items() if not isinstance(v, torch.Tensor)}
    settled, rest = settled_generation(model, config, settings)
    if settled.pop("do_sample", None):
        return None
    if settled.get("max_new_tokens") is not None:
        settled.pop("max_length", None)  # the other one holds
    if isinstance(end := settled.get("eos_token_id"), int):
        settled["eos_token_id"] = [end]
    tensors = {name: _told(v) for name, v in asked.items() if isinstance(v, torch.Tensor)}
    said = {name: value for name, value in settled.items() if name not in _OF_DRAWING}
    return json.dumps(
        [said, rest, tensors, repr(state_of(model)), model.config.to_dict()],
        sort_keys=True,
        default=repr,
    )


def _told(tensor: torch.Tensor) -> list[Any]:
    return [str(tensor.dtype), str(tensor.device), tensor.tolist()]
