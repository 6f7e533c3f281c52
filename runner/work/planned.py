"""What a plan says, as data."""

import shutil
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class PlannedFile(_Part):
    """A file that the run needs.

    Args:
        name: Path in the checkpoint.
        size: Bytes.
        here: Whether it is on this machine.
    """

    name: str
    size: int
    here: bool


class PlannedSource(_Part):
    """Where a part will come from.

    Args:
        kind: Kind of source.
        name: The source as people name it.
        commit: Commit hash, for sources that have one.
        license: Licence identifier, where declared.
        files: What the run needs of it.
        fetch: Bytes that the run would fetch.
        cached: Bytes that are on this machine.
    """

    kind: str
    name: str
    commit: str
    license: str
    files: list[PlannedFile]
    fetch: int
    cached: int


class PlannedModel(_Part):
    """What the model will be.

    Args:
        class_name: Its class in transformers.
        dtype: dtype of the weights as written.
        parameters: Number of its parameters.
        bytes: Size of the weights in that dtype.
        memory: Size of the model in memory in bytes, by dtype.
        known_from: ``safetensors headers`` or ``configuration``.
        quantised: How the weights are quantised; empty where they are not.
        needs: What loading them takes, where they are quantised.
        vectors: What the files of sentence-transformers declare of its vectors, in words.
    """

    class_name: str = Field(serialization_alias="class")
    dtype: str
    parameters: int
    bytes: int
    memory: dict[str, int]
    known_from: str
    quantised: str = ""
    needs: str = ""
    vectors: str = ""


class PlannedData(_Part):
    """The labelled rows that the model would be measured on.

    Args:
        name: The file or folder as the recipe names it; empty for rows of the recipe itself.
        rows: Rows after ``where``, ``sample`` and ``limit``.
        bytes: Size of the files.
        seconds: How long the newest run there took for as many rows; nothing where there was none
            that evaluated.
    """

    name: str
    rows: int
    bytes: int
    seconds: float | None = None


class Disk(_Part):
    """Room on a disk.

    Args:
        folder: The nearest folder there is.
        needed: Bytes that the run would write at most, where weights cannot be shared.
        free: Bytes that are free.
    """

    folder: str
    needed: int
    free: int

    @classmethod
    def at(cls, folder: Path, needed: int) -> Self:
        """Look how much room there is.

        Args:
            folder: Where something is to be written; it need not be there yet.
            needed: Bytes of it.
        """
        path = folder.absolute()
        there = next(one for one in (path, *path.parents) if one.is_dir())
        return cls(folder=str(there), needed=needed, free=shutil.disk_usage(there).free)


class Output(_Part):
    """Where the run would leave what it makes.

    Args:
        folder: Folder of the point.
        model: Its model folder.
        exists: Whether there is a model already; the run would replace it.
        same: Whether the newest run there was of this very recipe.
        verdict: What that run said of it.
    """

    folder: str
    model: str
    exists: bool
    same: bool
    verdict: str


class Plan(_Part):
    """What a run would do.

    Args:
        recipe: Recipe name.
        point: Name of the point.
        task: The task.
        digest: SHA-256 of the validated recipe.
        sources: Where each part will come from.
        fetch: Bytes that the run would fetch, of all sources.
        model: What the model will be; nothing where a GGUF file of a hub has to say it.
        signature: ``inputs``, ``outputs`` and ``params``; nothing where only the run can infer it.
        params: Default of each param that callers may give.
        flavors: The flavors of the MLflow model.
        requirements: Its requirement lines; nothing where the model is unknown.
        data: What it would be measured on; nothing where the recipe has no dataset.
        notes: What whoever packages it should know of it, a sentence each.
        disks: Room for the download and for the model.
        output: Where it goes.
    """

    recipe: str
    point: str
    task: str
    digest: str
    sources: dict[str, PlannedSource]
    fetch: int
    model: PlannedModel | None
    signature: dict[str, list[Any]] | None
    params: dict[str, Any]
    flavors: list[str]
    requirements: list[str] | None
    data: PlannedData | None = None
    notes: list[str]
    disks: dict[str, Disk]
    output: Output
