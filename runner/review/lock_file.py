"""Lock files as a review reads them: what they say, whichever version of the runner wrote it."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.findings import Loc
from runner.recipe.reading.strict_yaml import Document, read

SUFFIX = ".lock.yaml"
_TEXTS = ("recipe", "commit", "sha256", "license", "outputs")


class _Block(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class LockedFile(_Block):
    """A file of a part.

    Args:
        sha256: Hash of its content; empty where it is not known.
        size: Bytes.
    """

    sha256: str = ""
    size: int = 0

    def is_same(self, other: "LockedFile") -> bool:
        """Tell whether another has the same content, as far as is known."""
        known = bool(self.sha256 and other.sha256)
        return self.size == other.size and (not known or self.sha256 == other.sha256)


class LockedPart(_Block):
    """Where a part came from.

    Args:
        commit: Its commit.
        license: Licence identifier, where declared.
        files: Its files by path.
    """

    commit: str = ""
    license: str = ""
    files: dict[str, LockedFile] = Field(default_factory=dict[str, LockedFile])


class LockedModel(_Block):
    """The model.

    Args:
        class_name: Its class in transformers.
        dtype: dtype of its weights.
        parameters: How many it has.
        bytes: Size of its weights.
    """

    class_name: str = Field(default="", alias="class")
    dtype: str = ""
    parameters: int = 0
    bytes: int = 0


class LockedResult(_Block):
    """What a run said.

    Args:
        verdict: What its proof said.
        metrics: Numbers it measured.
        outputs: Digest of the answers.
    """

    verdict: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    outputs: str = ""


class Lock(_Block):
    """A lock file.

    Args:
        recipe: Digest of the recipe it was written for.
        parts: Where each part came from.
        model: The model.
        signature: Its inputs and outputs as MLflow has them.
        packages: Versions of packages.
        result: What a run said.
    """

    recipe: str = ""
    parts: dict[str, LockedPart] = Field(default_factory=dict[str, LockedPart])
    model: LockedModel | None = None
    signature: dict[str, list[Any]] | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    result: LockedResult | None = None


def read_lock(file: Path) -> Lock | str | None:
    """Read a lock file.

    Args:
        file: The file.

    Returns:
        The lock; a phrase that says why it cannot be read; or nothing where there is none.
    """
    if not file.is_file():
        return None
    document = read(file)
    if document.findings:
        return document.findings[0].message.rstrip(".")
    try:
        return Lock.model_validate(_with_texts(document))
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _with_texts(document: Document) -> dict[str, Any]:
    """Give the values, where hashes and versions that look like numbers are the text they are."""

    def value(given: Any, loc: Loc) -> Any:
        match given:
            case dict():
                return {key: value(item, (*loc, key)) for key, item in given.items()}
            case list():
                return [value(item, (*loc, number)) for number, item in enumerate(given)]
            case _:
                is_text = loc[-1] in _TEXTS or loc[0] == "packages"
                return document.raw.get(loc, given) if is_text else given

    return value(document.values, ())
