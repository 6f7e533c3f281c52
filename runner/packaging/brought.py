"""What an adapter brings whole: a head that its base lacks, embeddings of another length."""

import copy
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from transformers import PretrainedConfig, PreTrainedModel

from runner.errors import SourceError
from runner.sources.checkpoint.model_classes import text_config
from runner.sources.checkpoint.safetensors_header import TensorInfo

PART = re.compile(r"\.(lora_\w+|ia3_l\w*|vera_\w+|hada_\w+|lokr_\w+)(\.|$)")
"""What is added to a module, in the names of an adapter's tensors."""
ROOT = "base_model.model."
_WRAPPED = re.compile(r"\.(modules_to_save(\.default)?|base_layer)(?=\.)")
_HEADS = {
    "SEQ_CLS": ("classifier", "score"),
    "TOKEN_CLS": ("classifier", "score"),
    "QUESTION_ANS": ("qa_outputs",),
}
"""What PEFT saves for a type of task though nothing names it."""


@dataclass(frozen=True)
class Brought:
    """Weights that an adapter has in place of its base's.

    Args:
        shapes: Their shapes, by the names that the base has for them; empty where they are not
            at hand.
        modules: The modules they are of, by what the adapter's configuration says.
    """

    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    modules: Collection[str] = ()

    @classmethod
    def of(cls, config: Mapping[str, Any], tensors: Mapping[str, TensorInfo]) -> "Brought":
        """See what an adapter brings.

        Args:
            config: Its configuration.
            tensors: Its tensors; none where they are not at hand.
        """
        whole = {
            _WRAPPED.sub("", name.removeprefix(ROOT)): info.shape
            for name, info in tensors.items()
            if name.startswith(ROOT) and not PART.search(name)
        }
        saved = config.get("modules_to_save") or []
        heads = _HEADS.get(str(config.get("task_type")), ())
        return cls(whole, () if tensors else (*saved, *heads))

    def covers(self, name: str) -> bool:
        """Say whether the adapter has a weight.

        Args:
            name: Its name in the base.
        """
        return name in self.shapes or not {*self.modules}.isdisjoint(name.split("."))

    def replaces(self, stored: Mapping[str, TensorInfo]) -> set[str]:
        """Give the stored weights of the base that are of another shape than the adapter's.

        Args:
            stored: The base's tensors, by the names in its files.
        """
        return {
            name
            for name, info in stored.items()
            for own, shape in self.shapes.items()
            if f".{own}".endswith(f".{name}") or f".{name}".endswith(f".{own}")
            if info.shape != shape
        }

    def fitted(self, config: PretrainedConfig, model: PreTrainedModel) -> PretrainedConfig:
        """Give the configuration of a base that has room for what the adapter brings.

        Args:
            config: The configuration of the base.
            model: The base, built from it.

        Returns:
            The configuration itself where it has; else one with other ``num_labels`` or
            ``vocab_size``.

        Raises:
            SourceError: The adapter has input embeddings of another length, and no output
                embeddings to go with them.
        """
        changes = dict(self._changes(model))
        if not changes:
            return config
        other = copy.deepcopy(config)
        for name, value in changes.items():
            setattr(text_config(other) if name == "vocab_size" else other, name, value)
        return other

    def _changes(self, model: PreTrainedModel) -> Mapping[str, int]:
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        changes: dict[str, int] = {}
        inputs = names.get(id(input_embedding(model)), "")
        for name, parameter in model.named_parameters():
            given = self.shapes.get(name)
            if given is None or given == tuple(parameter.shape):
                continue
            if name == inputs and given[1:] == tuple(parameter.shape)[1:]:
                changes["vocab_size"] = given[0]
            elif parameter.shape[0] == model.config.num_labels:
                changes["num_labels"] = given[0]
        if "vocab_size" in changes:
            self._insist_on_outputs(model, names)
        return changes

    def _insist_on_outputs(self, model: PreTrainedModel, names: Mapping[int, str]) -> None:
        outputs: Any = model.get_output_embeddings()
        name = names.get(id(getattr(outputs, "weight", None)), "")
        tied = outputs is None or outputs.weight is input_embedding(model)
        if not tied and name not in self.shapes:
            raise SourceError(
                f"the adapter has embeddings of another length than its base, and no {name} to go "
                "with them",
                "Save it again with save_embedding_layers=True, which saves both.",
            )


def input_embedding(model: PreTrainedModel) -> Any:
    """Give the weight of a model's input embeddings; nothing where it has none.

    Args:
        model: The model.
    """
    try:
        return getattr(model.get_input_embeddings(), "weight", None)
    except NotImplementedError:  # pictures and sounds are not looked up
        return None
    except AttributeError:  # its class tells of embeddings that it was not given
        return None
