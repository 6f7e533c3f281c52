"""Labelled rows: a format, a file; read as a stream, with the place of what is wrong."""

from runner.datasets.block import DatasetBlock
from runner.datasets.errors import DataError
from runner.datasets.reading import Example, Labelled, open_dataset

__all__ = ["DataError", "DatasetBlock", "Example", "Labelled", "open_dataset"]
