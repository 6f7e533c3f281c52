"""``kind: local``: a checkpoint folder on this machine."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from runner.files.states import states_of
from runner.findings import Finding
from runner.sources.base import Checkpoint, Location, Source, SourceContext, Survey
from runner.sources.checkpoint.files import survey_of
from runner.sources.checkpoint.folder import (
    check_folder,
    declared_license,
    insist,
)
from runner.sources.checkpoint.pickles import with_safetensors
from runner.sources.facts import Stay


class LocalSource(Source, frozen=True):
    """A folder that ``from_pretrained`` can read.

    Args:
        kind: Always ``local``.
        path: The folder: absolute, or relative to the recipe file that names it.
        file: Name of the GGUF file in it, for weights in that format.
    """

    name_field = path_field = "path"
    gguf_field = "file"
    example = {"kind": "local", "path": "../../weights/mine"}
    stay = Stay.ON_THIS_MACHINE
    code_stays = True

    kind: Literal["local"]
    path: str = Field(min_length=1)
    file: str | None = None

    @classmethod
    def of(cls, folder: Path | str) -> Self:
        """Give the source that is a folder.

        Args:
            folder: The folder.
        """
        return cls(kind="local", path=str(folder))

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:
        """Find a missing folder, configuration or GGUF file."""
        return check_folder(self._folder(folder), self.file, component)

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Take the folder as it is, once its weight files are seen to be whole."""
        insist(self.check(context.folder, context.component))
        folder = self._folder(context.folder)
        return Checkpoint(
            folder=with_safetensors(folder, self.file, context),
            kind=self.kind,
            name=str(folder),
            gguf=self.gguf,
            license=declared_license(folder),
        )

    def survey(self, context: SourceContext) -> Survey:
        """Take the folder as it is, and of its files what a run needs."""
        return survey_of(self.resolve(context), context)

    def locate(self, context: SourceContext) -> Location:
        """Look into the folder; it goes by the path that the recipe gives."""
        survey = self.survey(context)
        return Location(self.path, folder=survey.checkpoint.folder, files=survey.files)

    def present_state(self, context: SourceContext) -> str:
        """Look at the files, at none inside."""
        folder = self._folder(context.folder)
        return f"{folder} {states_of(folder)}"

    def tokenizer_folder(self, folder: Path) -> Path:
        """Give the folder itself."""
        return self._folder(folder)

    def _folder(self, base: Path) -> Path:
        return Path(os.path.abspath(base / os.path.expanduser(self.path)))
