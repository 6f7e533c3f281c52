"""A configuration that transformers cannot build a model from: which of its keys is at fault."""

import json
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import transformers
from transformers import PretrainedConfig, PreTrainedModel

from runner.errors import SourceError, first_line, raise_if_ours
from runner.sources import Checkpoint
from runner.sources.checkpoint.config_values import CONFIG, read_values
from runner.upstream.transformers_api import made_weightless

_MOST_MODULES = 200_000
"""More than three times those of the largest models: 61 layers of 256 experts have 62,000."""
_NOT_COMPUTED = ("_token_id", "dropout", "initializer")
"""What of a configuration is about tokens, which ``generation_config.json`` has, or training."""
Build = Callable[[PretrainedConfig], PreTrainedModel]


class _TooManyError(Exception):
    """A model has more modules than any that there is."""


def build(checkpoint: Checkpoint, config: PretrainedConfig, builder: Build) -> PreTrainedModel:
    """Build a model from a configuration alone, on torch's ``meta`` device.

    Args:
        checkpoint: Where the configuration lies.
        config: The configuration.
        builder: Builds the model.

    Raises:
        ImportError: It needs a library that is not installed.
        SourceError: No model can be built from it; says which key is at fault.
    """
    said = read_values(checkpoint.folder)
    if texts := _texts_for_numbers(config, said):
        raise _refusal(checkpoint, config, {k: said[k] for k in texts}, "that has to be a number")
    try:
        with _bounded(), not_initialised():
            return _weightless(partial(builder, config))
    except ImportError:
        raise
    except Exception as error:
        raise_if_ours(error)
        raise _impossible(checkpoint, config, builder, error) from error


def _weightless(make: Callable[[], PreTrainedModel]) -> PreTrainedModel:
    """Make a model without weights; with buffers where it cannot be made without those."""
    try:
        with torch.device("meta"):
            return make()
    except NotImplementedError:
        with made_weightless():
            return make()


@contextmanager
def not_initialised() -> Generator[None]:
    """Let models be made without the values that training begins with.

    A checkpoint has others, and there are classes that fail to give them.
    """
    theirs = PreTrainedModel.init_weights
    PreTrainedModel.init_weights = lambda self: self.tie_weights()
    try:
        yield
    finally:
        PreTrainedModel.init_weights = theirs


@contextmanager
def _bounded() -> Generator[None]:
    """Stop building a model that would never be done."""
    left = _MOST_MODULES

    def count(*_module: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooManyError(f"it has more than {_MOST_MODULES:,} modules")

    hook = torch.nn.modules.module.register_module_module_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def _impossible(
    checkpoint: Checkpoint, config: PretrainedConfig, builder: Build, error: Exception
) -> SourceError:
    said = read_values(checkpoint.folder)
    keys = _keys_at_fault(config, said, builder) or _keys_named(said, str(error))
    return _refusal(checkpoint, config, {key: said[key] for key in keys}, first_line(error))


def _refusal(
    checkpoint: Checkpoint, config: PretrainedConfig, values: Mapping[str, Any], reason: str
) -> SourceError:
    shown = ", ".join(f"`{key}: {json.dumps(value)}`" for key, value in values.items())
    return SourceError(
        f"no {config.model_type} model can be built from {checkpoint.folder / CONFIG}"
        f"{f' with {shown}' if shown else ''}: {reason}",
        f"Mend the file, or install the version of transformers that it was written for; here is "
        f"{transformers.__version__}.",
    )


def _keys_at_fault(config: PretrainedConfig, said: Mapping[str, Any], builder: Build) -> list[str]:
    """Give the one key whose usual value would make a model of it; nothing where none would."""
    usual = _usual(config)
    for key in said:
        if key not in usual or usual[key] == said[key]:
            continue
        try:
            changed = type(config).from_dict({**said, key: usual[key]})
            with _bounded(), torch.device("meta"):
                builder(changed)
        except Exception as error:
            raise_if_ours(error)
            continue
        return [key]
    return []


def _texts_for_numbers(config: PretrainedConfig, said: Mapping[str, Any]) -> list[str]:
    """Give the keys that are text where the class has a number, and that a model computes with."""
    usual = _usual(config) if any(isinstance(value, str) for value in said.values()) else {}
    return [
        key
        for key, value in said.items()
        if isinstance(value, str)
        and isinstance(usual.get(key), int | float)
        and not isinstance(usual[key], bool)
        and not any(part in key for part in _NOT_COMPUTED)
    ]


def _usual(config: PretrainedConfig) -> Mapping[str, Any]:
    """Give what the class of a configuration says where nobody tells it anything."""
    try:
        return type(config)().to_dict()
    except Exception as error:  # of others it is made, and has nothing usual
        raise_if_ours(error)
        return {}


def _keys_named(said: Mapping[str, Any], message: str) -> list[str]:
    """Give the keys whose names or values stand in an error message."""
    words = set(re.findall(r"[\w.-]+", message))
    named = [key for key in said if key in words]
    sizes = [k for k, v in said.items() if isinstance(v, int) and v is not True and str(v) in words]
    return named or sizes
