"""Whether the weights of a checkpoint fit its configuration, by what transformers reports."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import torch
from transformers import PretrainedConfig, PreTrainedModel

from runner.errors import SourceError
from runner.packaging.brought import Brought, input_embedding
from runner.sources import Checkpoint
from runner.sources.checkpoint.config_values import CONFIG
from runner.sources.checkpoint.safetensors_header import TensorInfo, same_bytes
from runner.tasks import Task

_SHOWN = 3
_FORCED = ("forced_eos_token_id", "bad_words_ids")
_FORCED_BEHIND_AN_ENCODER = ("decoder_start_token_id", "forced_bos_token_id")
"""Settings of generation with tokens that every answer has, or that none may have."""


def check_fit(
    report: Mapping[str, Any],
    task: Task,
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    checkpoint: Checkpoint,
    brought: Brought,
) -> None:
    """See that every weight of a model is in its checkpoint, in its shape, or in its adapter.

    Args:
        report: What ``from_pretrained(output_loading_info=True)`` gave.
        task: The task; some of its weights may be missing.
        model: The model.
        tensors: The checkpoint's tensors.
        checkpoint: Where they lie.
        brought: What its adapter has in their place.

    Raises:
        SourceError: One is missing, or of another shape; or answers are to have a token that the
            model has no embedding for.
    """
    check_shapes(report, model, tensors, checkpoint)
    _check_forced_tokens(model, checkpoint)
    missing = [
        name
        for name in report["missing_keys"]
        if not any(part in name for part in task.optional_weights) and not brought.covers(name)
    ]
    if missing and (prefix := _prefix(missing, report["unexpected_keys"])):
        raise SourceError(
            f"the tensors of {checkpoint.name} have `{prefix}` before the names that "
            f"{type(model).__name__} gives them",
            "Save it again with model.save_pretrained of the model itself, not of what wraps it.",
        )
    if missing:
        raise SourceError(
            f"{checkpoint.name} has no weights for {', '.join(missing[:_SHOWN])}"
            f"{_and_more(missing)}, which {type(model).__name__} needs: transformers would fill "
            "them with random numbers",
            f"Take a checkpoint trained for {task.name}, or change the task.",
        )


def _check_forced_tokens(model: PreTrainedModel, checkpoint: Checkpoint) -> None:
    embeddings = (m for m in model.modules() if isinstance(m, torch.nn.Embedding))
    rows = max((embedding.num_embeddings for embedding in embeddings), default=0)
    if not rows or not model.can_generate():
        return
    behind_encoder = model.config.is_encoder_decoder
    for name in (*_FORCED, *(_FORCED_BEHIND_AN_ENCODER if behind_encoder else ())):
        asked = getattr(model.generation_config, name, None)
        if beyond := [token for token in _flat(asked) if token >= rows]:
            raise SourceError(
                f"{checkpoint.name} has token {beyond[0]} as `{name}` for generation, and "
                f"{type(model).__name__} has {rows:,} embeddings: there is no such token",
                "Fetch generation_config.json and config.json again, from the same revision.",
            )


def _flat(tokens: Any) -> Iterator[int]:
    if isinstance(tokens, list):
        for token in tokens:
            yield from _flat(token)
    elif isinstance(tokens, int):
        yield tokens


def _prefix(missing: Sequence[str], unexpected: Collection[str]) -> str:
    """Give what stands before the names of most missing weights; nothing where nothing does."""
    found = Counter(
        name.removesuffix(wanted)
        for wanted in missing
        for name in unexpected
        if name.endswith(f".{wanted}")
    )
    prefix, count = next(iter(found.most_common(1)), ("", 0))
    return prefix if 2 * count > len(missing) else ""


def check_shapes(
    report: Mapping[str, Any],
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    checkpoint: Checkpoint,
) -> None:
    """See that the weights which are there have the shapes of the configuration.

    Args:
        report: What ``from_pretrained(output_loading_info=True)`` gave.
        model: The model.
        tensors: The checkpoint's tensors.
        checkpoint: Where they lie.

    Raises:
        SourceError: One is of another shape.
    """
    given = report["mismatched_keys"]  # names; in transformers 5 with their shapes
    mismatched = [key if isinstance(key, str) else key[0] for key in given]
    if not mismatched:
        return
    expected = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    shown = [
        f"{name} is {_stored_shape(name, tensors)} in the file and {expected.get(name)} by "
        "config.json"
        for name in mismatched[:_SHOWN]
    ]
    raise SourceError(
        f"the weights of {checkpoint.name} do not fit its config.json: "
        + "; ".join(shown)
        + _and_more(mismatched),
        "The two belong to different models: fetch both again, from the same revision.",
    )


def notes_on(
    report: Mapping[str, Any],
    model: PreTrainedModel,
    tensors: Mapping[str, TensorInfo],
    checkpoint: Checkpoint,
) -> Iterator[str]:
    """Tell of weights in a checkpoint that its model makes no use of.

    Args:
        report: What ``from_pretrained(output_loading_info=True)`` gave.
        model: The model.
        tensors: The checkpoint's tensors.
        checkpoint: The checkpoint.

    Yields:
        A sentence each.
    """
    if unused := sorted(report["unexpected_keys"]):
        yield (
            f"{checkpoint.name} holds {', '.join(unused[:_SHOWN])}{_and_more(unused)}, of which "
            f"{type(model).__name__} makes no use"
        )
    inputs = input_embedding(model)
    state: Mapping[str, Any] = model.state_dict(keep_vars=True)
    names = {name for name, tensor in state.items() if tensor is inputs}
    tied = [tensors[name] for name in sorted(names & tensors.keys())]
    if len(tied) > 1 and not all(same_bytes(tied[0], other) for other in tied[1:]):
        yield (
            f"{checkpoint.name} holds other numbers as {' and '.join(sorted(names))}, which its "
            f"{CONFIG} ties: whether both are used is up to transformers"
        )


def notes_on_labels(task: Task, config: PretrainedConfig) -> Iterator[str]:
    """Tell of a label that the pipeline of a task looks for, and a model does not have.

    Args:
        task: The task.
        config: The configuration of the model.

    Yields:
        A sentence.
    """
    known: Mapping[str, int] = config.label2id or {}
    if not task.label or any(str(name).lower().startswith(task.label) for name in known):
        return
    labels: Mapping[int, str] = config.id2label or {}
    last = f", {labels[max(labels)]}" if labels else ""
    yield (
        f"no label in the model's `label2id` begins with `{task.label}`, by which {task.name} "
        f"knows the one it goes by: transformers takes the last{last}. Give the right one that "
        "name with `id2label` in `load.model`"
    )


def notes_on_tokens(tokenizer: Any, model: PreTrainedModel) -> Iterator[str]:
    """Tell of tokens that a model has no embeddings for.

    Args:
        tokenizer: The tokenizer; None where the model has none.
        model: The model.

    Yields:
        A sentence.
    """
    rows = getattr(input_embedding(model), "shape", [0])[0]
    if tokenizer is None or not rows or len(tokenizer) <= rows:
        return
    added = getattr(tokenizer, "added_tokens_decoder", {})
    beyond = [str(token) for number, token in sorted(added.items()) if number >= rows]
    yield (
        f"the tokenizer has {len(tokenizer):,} tokens, {type(model).__name__} embeddings for "
        f"{rows:,}: a text with one that is beyond fails"
        + (f" ({', '.join(beyond[:_SHOWN])}{_and_more(beyond)})" if beyond else "")
    )


def _stored_shape(name: str, tensors: Mapping[str, TensorInfo]) -> tuple[int, ...] | str:
    suffix = [
        info.shape for key, info in tensors.items() if key.endswith(name) or name.endswith(key)
    ]
    return tuple(suffix[0]) if suffix else "different"


def _and_more(names: Sequence[str]) -> str:
    return f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
