"""``kind: local``: a checkpoint folder on this machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext
from runner.sources.checkpoint_folder import check_folder, declared_license, insist


class LocalSource(Source):
    """A folder that ``from_pretrained`` can read.

    Args:
        kind: Always ``local``.
        path: The folder: absolute, or relative to the recipe file that names it.
        file: Name of the GGUF file in it, for weights in that format.
    """

    kind: Literal["local"]
    path: str = Field(min_length=1)
    file: str | None = None

    def check(self, folder: Path) -> Iterable[Finding]:
        """Find a missing folder, config.json or GGUF file."""
        return check_folder(self._folder(folder), self.file)

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Take the folder as it is."""
        insist(self.check(context.folder))
        folder = self._folder(context.folder)
        return Checkpoint(
            folder=folder,
            kind=self.kind,
            name=str(folder),
            gguf=self.file or "",
            license=declared_license(folder),
        )

    def _folder(self, base: Path) -> Path:
        return Path(base, Path(self.path).expanduser()).resolve()
