"""What a source is: it says where weights come from, and turns that into a checkpoint on disk."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from runner.findings import Finding
from runner.sources.checkpoint.quantisation import Quantisation, quantisation_of
from runner.sources.checkpoint.special_tokens import special_token
from runner.sources.facts import Facts
from runner.tasks import Task

Progress = Callable[[str, int, int], None]
"""Told of a long operation: what, bytes done, bytes in all (0 where unknown)."""


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class SourceContext:
    """What a source may know of the run it serves.

    Args:
        folder: The folder that relative paths are relative to: the one of the recipe file that
            wrote the path, or the working directory for a path from the command line.
        workdir: An empty folder of this run for anything made on the spot; removed afterwards.
        task: The recipe's task.
        component: The part wanted: ``model``, ``adapter``, or a component such as ``tokenizer``.
        progress: Told of downloads and other long operations.
        tracking_uri: Tracking URI of the MLflow server that knows registered and logged models.
        allow_pickle: Whether weights in pickle files may be read, as tensors alone.
        trust_remote_code: Whether code that comes with the weights may run.
        weights: Whether the weights are wanted too, not only what describes them.
        variant: Which of several forms of the weights is wanted, ``fp16`` for
            ``model.fp16.safetensors``; empty for the one without a name.
    """

    folder: Path
    workdir: Path
    task: Task
    component: str = "model"
    progress: Progress = no_progress
    tracking_uri: str | None = None
    allow_pickle: bool = False
    trust_remote_code: bool = False
    weights: bool = True
    variant: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """Weights, configuration and components on disk, and where they came from.

    Args:
        folder: Absolute path of the folder that ``from_pretrained`` reads.
        kind: The kind of source it came from.
        name: The source as people name it: ``org/repo``, ``distribution==1.0:path``, a path.
        gguf: File name of the GGUF file to read, where the weights are in one.
        commit: Commit hash, for sources that have one.
        repo: Repository, ``org/name``, for sources on the hub.
        license: Licence identifier, where the source declares one.
        downloaded: Bytes fetched from outside for it.
        made: Whether it was made on the spot: nobody's work, so it needs no licence.
        adapter: The PEFT adapter that came with it, where one did.
    """

    folder: Path
    kind: str
    name: str
    gguf: str = ""
    commit: str = ""
    repo: str = ""
    license: str = ""
    downloaded: int = 0
    made: bool = False
    adapter: "Checkpoint | None" = None

    @property
    def told(self) -> str:
        """What a model says that it came from: the name, and no path of this machine."""
        path = Path(self.name)
        return path.name if path.is_absolute() else self.name


@dataclass(frozen=True)
class CheckpointFile:
    """A file that a component needs.

    Args:
        name: Path in the checkpoint.
        size: Bytes; 0 where a hub does not say.
        sha256: Hash of its content, where the source says it; else empty.
        here: Whether it is on this machine.
    """

    name: str
    size: int
    sha256: str = ""
    here: bool = True


@dataclass(frozen=True)
class Survey:
    """What is known of a checkpoint without fetching its weights.

    Args:
        checkpoint: The checkpoint; its folder has configuration, tokenizer and the like, and the
            weights only where they are on this machine anyway.
        files: What a run needs of it, sorted by name.
    """

    checkpoint: Checkpoint
    files: tuple[CheckpointFile, ...]


@dataclass(frozen=True)
class Location:
    """Where a checkpoint is now, found without fetching anything of it.

    Args:
        name: The source as the recipe names it: the same on every machine.
        commit: Commit hash, for sources that have one.
        folder: Folder of the files on this machine.
        files: Files that tell one state of it from another, sorted by name; none for a source
            whose recipe block says everything.
        asked: Whether the source was asked; of a hub that is offline only the name is known.
    """

    name: str
    commit: str = ""
    folder: Path = Path()
    files: tuple[CheckpointFile, ...] = ()
    asked: bool = True


class Source(Facts, frozen=True):
    """The recipe block that names a source; every kind extends it in a file of its own.

    A kind declares its fields, ``kind`` as a ``Literal``, the facts that are not as they usually
    are, and ``resolve``. Its module imports nothing heavy at module level: it is read whenever a
    recipe is.
    """

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:
        """Find what is wrong with the block without network, torch or transformers.

        Args:
            folder: The folder that relative paths are relative to.
            component: The part wanted: ``model``, or a component such as ``tokenizer``.

        Returns:
            Findings whose ``loc`` is relative to this block, such as ``("path",)``.
        """
        return ()

    def check_code(self) -> Iterable[Finding]:
        """Find what speaks against running code that comes with it.

        Returns:
            Findings whose ``loc`` is relative to this block.
        """
        if not self.code_stays:
            message = f"`trust_remote_code: true` is not for kind: {self.kind}."
            remedy = "Take the weights from a source that pins its code."
            yield Finding("unpinned-code", message, remedy)

    @abstractmethod
    def resolve(self, context: SourceContext) -> Checkpoint:
        """Bring the checkpoint onto the disk.

        Args:
            context: The run it is for.

        Returns:
            The checkpoint.

        Raises:
            SourceError: It cannot be had.
        """

    def at_hand(self, context: SourceContext) -> Checkpoint:
        """Give the checkpoint without asking a hub for it.

        Args:
            context: What it is for.

        Raises:
            SourceError: It is not on this machine, or cannot be had.
        """
        return self.resolve(context)

    def survey(self, context: SourceContext) -> Survey:
        """Learn of the checkpoint what can be known without fetching weights.

        Args:
            context: What it is for.

        Returns:
            The checkpoint, perhaps without weights, and its files.

        Raises:
            SourceError: It cannot be had.
        """
        checkpoint = self.resolve(context)
        return Survey(checkpoint, files_of(checkpoint.folder))

    def locate(self, context: SourceContext) -> Location:
        """Say where the checkpoint is now.

        Args:
            context: What it is for.

        Returns:
            Its name, commit and files.

        Raises:
            SourceError: It cannot be had.
        """
        survey = self.survey(context)
        checkpoint = survey.checkpoint
        return Location(checkpoint.name, checkpoint.commit, checkpoint.folder, survey.files)

    def present_state(self, context: SourceContext) -> str | None:
        """Tell the state it is in now from every other, at once and without opening weights.

        Args:
            context: What it is for; its ``workdir`` is not there.

        Returns:
            The state; None where only resolving the source tells.

        Raises:
            SourceError: It cannot be had.
        """
        return None

    def special_token(self, name: str, folder: Path) -> str:
        """Give a special token of its tokenizer, as far as what is on this machine tells.

        Args:
            name: What transformers calls it, such as ``mask_token``.
            folder: The folder that relative paths are relative to.

        Returns:
            The token as the tokenizer writes it; empty where it is not known.
        """
        files = self.tokenizer_folder(folder)
        return special_token(files, name) if files else ""

    def quantisation(self, folder: Path) -> Quantisation | None:
        """Say how its weights are quantised, where its files are on this machine by all means.

        Args:
            folder: The folder that relative paths are relative to.

        Returns:
            How; None where they are not, or where only a hub can tell.
        """
        files = None if self.asks_hub or self.gguf else self.tokenizer_folder(folder)
        return quantisation_of(files) if files else None

    def tokenizer_folder(self, folder: Path) -> Path | None:
        """Give the folder with its tokenizer's files, where they are on this machine already.

        Args:
            folder: The folder that relative paths are relative to.
        """
        return None

    def at(self, commit: str) -> Self:
        """Give the source pinned to a commit; itself, for a kind that has none.

        Args:
            commit: Commit hash.
        """
        return self


def files_of(folder: Path) -> tuple[CheckpointFile, ...]:
    """List the files of a folder.

    Args:
        folder: A checkpoint folder.

    Returns:
        Its files, sorted by name.
    """
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(
        CheckpointFile(path.relative_to(folder).as_posix(), path.stat().st_size) for path in found
    )
