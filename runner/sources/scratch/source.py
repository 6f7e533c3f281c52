"""``kind: scratch``: a small random model made on the spot, for rehearsals and tests."""

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from runner.errors import SourceError, StorageError, raise_if_ours
from runner.findings import Finding
from runner.sources.base import Checkpoint, Location, Source, SourceContext
from runner.sources.checkpoint.model_classes import fitting_classes, made_from
from runner.sources.scratch.config import small_config
from runner.sources.scratch.processor import (
    make_feature_extractor,
    make_image_processor,
    make_processor,
)
from runner.sources.scratch.tokenizer import token_of, train_tokenizer
from runner.tasks import Task
from runner.text.spelling import did_you_mean
from runner.upstream.architectures import model_types

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel


class Saveable(Protocol):
    """A part of a checkpoint that can write itself, as those of transformers do."""

    def save_pretrained(self, save_directory: str) -> Any:
        """Write the part into a folder."""
        ...


_MAKERS: Mapping[str, Callable[["PretrainedConfig", Task], Saveable]] = {
    "tokenizer": train_tokenizer,
    "feature_extractor": make_feature_extractor,
    "image_processor": make_image_processor,
    "processor": make_processor,
}
"""What makes each component: it may write into the configuration what the model must know of it."""


class ScratchSource(Source, frozen=True):
    """A random model with a tokenizer trained on the spot: the same block gives the same bytes.

    Args:
        kind: Always ``scratch``.
        architecture: A transformers model type, such as ``gpt2`` or ``bert``.
        config: Fields of its configuration; sizes that are not given are small.
        seed: Seed of the weights.
        labels: Names of the labels, for tasks that have some.
    """

    name_field = "architecture"
    example = {"kind": "scratch", "architecture": "bert"}
    code_stays = True

    kind: Literal["scratch"]
    architecture: str = Field(min_length=1)
    config: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0, lt=2**63)
    labels: list[str] | None = Field(default=None, min_length=2)

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:
        """Find an unknown architecture, and labels that are given twice."""
        known = model_types()
        if self.architecture not in known:
            yield Finding(
                "unknown-architecture",
                f"`{self.architecture}` is not an architecture of the installed transformers.",
                did_you_mean(self.architecture, known) or "Write its `model_type`, such as bert.",
                ("architecture",),
            )
        for label, times in Counter(self.labels or ()).items():
            if times > 1:
                message = f"The label `{label}` is given {times} times."
                yield Finding("duplicate-label", message, "Name each label once.", ("labels",))

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Make configuration, weights and components, and save them as a checkpoint."""
        for finding in self.check(context.folder, context.component):
            raise SourceError(finding.message.rstrip("."), finding.remedy)
        key = f"{context.component} {context.task.name} {self.model_dump_json()}"
        folder = context.workdir / f"scratch-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        if not folder.is_dir():
            parts = self._parts(context.task, context.component)
            with _saving_in(context.workdir) as staged:
                for part in parts:
                    part.save_pretrained(str(staged))
                staged.rename(folder)
        return Checkpoint(folder=folder, kind=self.kind, name=self._name, made=True)

    def locate(self, context: SourceContext) -> Location:
        """Make nothing: the block says what would be made."""
        return Location(self._name)

    def present_state(self, context: SourceContext) -> str:
        """Look at nothing: the block says everything."""
        return self.model_dump_json()

    def special_token(self, name: str, folder: Path) -> str:
        """Give the token that a tokenizer made for the architecture would have."""
        return token_of(small_config(self.architecture, self.config, self.labels), name)

    @property
    def _name(self) -> str:
        return f"{self.architecture} (random weights, seed {self.seed})"

    def _parts(self, task: Task, component: str) -> list[Saveable]:
        config = small_config(self.architecture, self.config, self.labels)
        if component != "model":
            return [make_component(component, config, task)]
        components = [_MAKERS[name](config, task) for name in task.components if name in _MAKERS]
        return [*components, self._model(config, task)]

    def _model(self, config: "PretrainedConfig", task: Task) -> "PreTrainedModel":
        import torch

        fitting = next(fitting_classes(task, config), None)
        if fitting is None:
            raise SourceError(
                f"transformers has no {self.architecture} model for {task.name}: "
                f"{' or '.join(task.auto_models)} does not know the architecture",
                "Take an architecture that fits the task.",
            )
        try:
            with torch.random.fork_rng(devices=[]), torch.device("cpu"):
                torch.random.default_generator.manual_seed(self.seed)
                return made_from(fitting, config)
        except Exception as error:
            raise_if_ours(error)
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise SourceError(
                f"no {self.architecture} model can be made of this configuration: {reason}",
                "Give sizes that fit each other under `config`, or none at all.",
            ) from error


def make_component(name: str, config: "PretrainedConfig", task: Task) -> Saveable:
    """Make a component that fits a model.

    Args:
        name: ``tokenizer``, ``feature_extractor``, ``image_processor`` or ``processor``.
        config: Configuration of the model; it may be told what the model must know of it.
        task: The task.

    Raises:
        SourceError: None can be made.
    """
    if name not in _MAKERS:
        raise SourceError(
            f"a scratch source cannot make a {name.replace('_', ' ')}",
            f"It makes a model and, for it, a {' or a '.join(_MAKERS)}.",
        )
    return _MAKERS[name](config, task)


@contextmanager
def _saving_in(workdir: Path) -> Generator[Path]:
    """Give a folder to fill and move away; what the disk says no with is a ``StorageError``."""
    from safetensors import SafetensorError

    try:
        staged = Path(tempfile.mkdtemp(prefix=".scratch-", dir=workdir))
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise StorageError(
            f"the random model could not be written into {workdir}: {error}",
            "Free some space, or write elsewhere with out=DIR.",
        ) from error
