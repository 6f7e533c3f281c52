"""The lock of a recipe: what it stood for when it was locked, as a file beside it.

The file is the same to the byte wherever it is written: fixed order, no path of a machine.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_origin

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from runner.files.disk import write_whole
from runner.recipe.reading.shelf import LOCK_SUFFIX

FORGIVING: Final = "forgiving"
"""The validation context in which unknown keys are passed over, and what is not said is empty."""

_EMPTY: dict[Any, Any] = {str: "", int: 0, dict: {}}


def _hexadecimal(text: str, info: ValidationInfo, length: int) -> str:
    if text and info.context != FORGIVING and not re.fullmatch(f"[0-9a-f]{{{length}}}", text):
        raise ValueError(f"{length} hexadecimal digits belong here")
    return text


_Hash = Annotated[str, AfterValidator(lambda text, info: _hexadecimal(text, info, 64))]
_Commit = Annotated[str, AfterValidator(lambda text, info: _hexadecimal(text, info, 40))]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _forgive(cls, values: Any, info: ValidationInfo) -> Any:
        if info.context != FORGIVING or not isinstance(values, dict):
            return values
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        empty = {
            key: _EMPTY[get_origin(field.annotation) or field.annotation]
            for key, field in fields.items()
            if field.is_required() and key not in values
        }
        return empty | {key: values[key] for key in fields if key in values}


class LockedFile(_Block):
    """A file that a run needs.

    Args:
        sha256: Hash of its content; empty where the hub gives none and it was not fetched.
        size: Bytes.
    """

    sha256: _Hash = ""
    size: int

    def is_same(self, other: "LockedFile") -> bool:
        """Tell whether another has the same content, as far as their hashes are known."""
        known = bool(self.sha256 and other.sha256)
        return self.size == other.size and (not known or self.sha256 == other.sha256)


class LockedPart(_Block):
    """Where a part comes from.

    Args:
        kind: Kind of source.
        name: The source as the recipe names it: repository, path, distribution and version.
        revision: Branch, tag or commit that the recipe names, for a repository.
        commit: The commit that it stood for.
        license: Licence identifier, where declared.
        files: What a run needs of it, by path in the checkpoint.
    """

    kind: str
    name: str
    revision: str = ""
    commit: _Commit = ""
    license: str = ""
    files: dict[str, LockedFile]


class LockedModel(_Block):
    """The model that is made of it.

    Args:
        class_name: Its class in transformers.
        dtype: dtype of the weights as written.
        parameters: Number of its parameters.
        bytes: Size of the weights as written.
    """

    class_name: str = Field(alias="class")
    dtype: str
    parameters: int
    bytes: int


class LockedScore(_Block):
    """A metric on data.

    Args:
        value: The metric; nothing where it is not defined.
        low: Where its interval begins; nothing where that is not known.
        high: Where it ends.
        rows: How many rows it is of.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    rows: int


class LockedResult(_Block):
    """What the proof and the evaluation said of it.

    Args:
        verdict: ``passed``, ``failed`` or ``unproven``.
        metrics: Numbers the proof measured.
        outputs: Digest of what the model answered, in every view.
        scores: The metrics on data, as a whole.
    """

    verdict: str
    metrics: dict[str, float]
    outputs: str
    scores: dict[str, LockedScore] = Field(default_factory=dict)


class Lock(_Block):
    """What a recipe stood for.

    Args:
        lock: Version of the format.
        recipe: Digest of the composed recipe.
        task: Its task.
        parts: Where each part comes from, by part.
        model: The model; nothing where its configuration is inside weights that were not here.
        signature: ``inputs``, ``outputs`` and ``params``; nothing where only a run can tell.
        packages: Versions of the packages that the model will ask for.
        result: What the newest run of just this said.
    """

    lock: Literal[1]
    recipe: str
    task: str
    parts: dict[str, LockedPart]
    model: LockedModel | None = None
    signature: dict[str, list[Any]] | None = None
    packages: dict[str, str]
    result: LockedResult | None = None

    def text(self) -> str:
        """Give the file's text."""
        values = self.model_dump(by_alias=True, exclude_defaults=True)
        return yaml.safe_dump(values, sort_keys=False, width=100)

    def write(self, file: Path) -> bool:
        """Write the file in one move, unless it says the same already.

        Args:
            file: The lock file.

        Returns:
            Whether it was written.
        """
        text = self.text()
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            return False
        write_whole(file, text)
        return True


def lock_file_of(recipe: Path) -> Path:
    """Give the lock file of a recipe file: ``name.lock.yaml`` beside it."""
    return recipe.with_name(recipe.stem + LOCK_SUFFIX)
