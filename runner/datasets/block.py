"""The recipe block that names labelled rows, and what each of their columns is."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from runner.sources.hub.data import HubData
from runner.sources.mlflow.data import MlflowData

Elsewhere = Annotated[HubData | MlflowData, Field(discriminator="kind")]
"""A file of rows that is fetched before it is read."""


class CorpusBlock(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """What the rows of a dataset are looked for in: entries, each with an id that targets name.

    Args:
        path: A file or a folder, as that of the dataset.
        rows: The entries themselves, a mapping each, in place of ``path``.
        inputs: The column that the model gets; ``text`` where absent, ``file`` of images.
        id: The column with what targets call an entry.
    """

    path: str | None = Field(default=None, min_length=1)
    rows: list[dict[str, Any]] | None = Field(default=None, min_length=1)
    inputs: str | None = None
    id: str = "id"

    @model_validator(mode="after")
    def _one_place(self) -> "CorpusBlock":
        if (self.path is None) == (self.rows is None):
            raise PydanticCustomError("dataset_place", "a corpus has either path or rows", {})
        return self


class DatasetBlock(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """Rows with targets, that metrics are measured on.

    Args:
        path: A file (``.csv``, ``.tsv``, ``.jsonl``, ``.json``, ``.parquet``, ``.arrow``,
            ``.feather``), a pattern of such files (``data/test-*.parquet``), whose rows come in the
            order of the files' names, a split that ``datasets`` saved with ``save_to_disk``, or a
            folder of recordings or images, absolute or relative to the recipe file that names it.
            The labels of a folder's files are the names of its folders, or stand in its
            ``metadata.csv`` or ``metadata.jsonl``, which names each file as ``file_name``. What
            lies elsewhere is a mapping: ``{kind: hub, repo, revision, path}`` for files of a
            dataset on the hub, ``{kind: mlflow, uri}`` for an artifact, and with ``dataset`` for
            the source of a dataset that a run logged.
        rows: The rows themselves, a mapping each, in place of ``path``.
        inputs: The column that the model gets, or a mapping from the task's inputs to columns.
            Where absent: ``file`` of media, ``text`` for tasks that take a text, and for others
            the columns that are called as their inputs. Some metrics ask for other inputs: two
            vectors (``first``, ``second``), a ``query``, or a ``prompt`` with ``choices``.
        target: The column with what is right, or a mapping from names to columns.
        corpus: What the rows are looked for in, where metrics ask how well they are found.
        labels: What the targets are called by the model, such as ``{"0": NEGATIVE}``, where the
            data call them otherwise.
        id: The column that tells rows apart; the number of the row, from 1, where absent.
        where: Which rows count: comparisons of columns joined by ``and``, ``or``, ``not``, such
            as ``lang == 'en' and stars in [1, 5]``.
        sample: How many of those rows, drawn by ``seed``; the same ones on every machine, and a
            larger sample holds the smaller one.
        seed: Seed of the sample.
        limit: How many rows at most: the first ones.
    """

    path: Annotated[str, Field(min_length=1)] | Elsewhere | None = None
    rows: list[dict[str, Any]] | None = Field(default=None, min_length=1)
    inputs: str | dict[str, str] | None = None
    target: str | dict[str, str] | None = None
    corpus: CorpusBlock | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    id: str | None = None
    where: str | None = None
    sample: int | None = Field(default=None, ge=1)
    seed: int = 0
    limit: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> "DatasetBlock":
        if (self.path is None) == (self.rows is None):
            raise PydanticCustomError("dataset_place", "a dataset has either path or rows", {})
        return self

    @property
    def elsewhere(self) -> HubData | MlflowData | None:
        """Where its file is to be fetched from; None where it lies on this machine."""
        return None if isinstance(self.path, str) else self.path

    @property
    def name(self) -> str:
        """What its file is called; empty for rows of the recipe itself."""
        return self.path or "" if isinstance(self.path, str | None) else self.path.name
