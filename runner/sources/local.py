"""A checkpoint folder on this machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext


class LocalSource(Source):
    """``kind: local``: a folder that ``from_pretrained`` can read.

    Args:
        kind: Always ``local``.
        path: The folder: absolute, or relative to the recipe file that names it.
        file: Name of the GGUF file in it, for weights in that format.
    """

    kind: Literal["local"] = "local"
    path: str = Field(min_length=1)
    file: str | None = None

    def check(self, folder: Path) -> Iterable[Finding]: ...
    def resolve(self, context: SourceContext) -> Checkpoint: ...
