"""``kind: scratch``: a small random model made on the spot, for rehearsals and tests."""

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext
from runner.suggest import did_you_mean

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_SMALL = {
    "vocab_size": 512,
    "hidden_size": 32,
    "embedding_size": 32,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "hidden_dim": 64,
    "intermediate_size": 64,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "num_hidden_layers": 2,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "max_position_embeddings": 512,
}


class ScratchSource(Source):
    """A random model with a tokenizer trained on the spot: the same block gives the same bytes.

    Args:
        kind: Always ``scratch``.
        architecture: A transformers model type, such as ``gpt2`` or ``bert``.
        config: Fields of its configuration; sizes that are not given are small.
        seed: Seed of the weights.
        labels: Names of the labels, for tasks that have some.
    """

    kind: Literal["scratch"]
    architecture: str = Field(min_length=1)
    config: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    labels: list[str] | None = Field(default=None, min_length=2)

    def check(self, folder: Path) -> Iterable[Finding]:  # noqa: ARG002
        """Find an architecture that the installed transformers does not have."""
        known = known_architectures()
        if known and self.architecture.replace("-", "_") not in known:
            yield Finding(
                "unknown-architecture",
                f"`{self.architecture}` is not an architecture of the installed transformers.",
                did_you_mean(self.architecture, known),
                ("architecture",),
            )

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Make configuration, weights and tokenizer, and save them as a checkpoint."""
        key = hashlib.sha256(f"{self.model_dump_json()}{context.task.auto_model}".encode())
        folder = context.workdir / f"scratch-{key.hexdigest()[:16]}"
        if not folder.is_dir():
            self._make(folder, context)
        return Checkpoint(
            folder=folder,
            kind=self.kind,
            name=f"{self.architecture} (random weights, seed {self.seed})",
        )

    def _make(self, folder: Path, context: SourceContext) -> None:
        import torch
        import transformers

        from runner.sources.scratch_tokenizer import train_tokenizer

        config = self._config()
        tokenizer = train_tokenizer(config)
        if "vocab_size" not in self.config:
            config.vocab_size = len(tokenizer)
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                auto_class = getattr(transformers, context.task.auto_model)
                model = auto_class.from_config(config)
        except (ValueError, RuntimeError, ZeroDivisionError) as error:
            raise SourceError(
                f"no {context.task.auto_model} can be made of a {self.architecture} "
                f"configuration: {str(error).splitlines()[0]}",
                "Take an architecture that fits the task, and sizes that fit each other.",
            ) from error
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    def _config(self) -> "PretrainedConfig":
        from transformers import AutoConfig

        default = AutoConfig.for_model(self.architecture)
        renamed: Mapping[str, str] = default.attribute_map
        small: dict[str, Any] = {
            renamed.get(k, k): v for k, v in _SMALL.items() if hasattr(default, k)
        }
        for key in self.config:
            if not hasattr(default, key):
                known = [*default.to_dict(), *renamed]
                raise SourceError(
                    f"`{key}` is not a field of the {self.architecture} configuration",
                    did_you_mean(key, known),
                )
        given: dict[str, Any] = {renamed.get(key, key): value for key, value in self.config.items()}
        if self.labels:
            given["id2label"] = dict(enumerate(self.labels))
            given["label2id"] = {label: number for number, label in enumerate(self.labels)}
        values: dict[str, Any] = {**small, **given}
        return type(default)(**values)


def known_architectures() -> list[str]:
    """Give the model folders of the installed transformers, found without importing it."""
    spec = importlib.util.find_spec("transformers")
    if spec is None or spec.origin is None:
        return []
    models = Path(spec.origin).parent / "models"
    return sorted(p.name for p in models.iterdir() if p.is_dir() and not p.name.startswith("_"))
