"""What a kind of source says of itself, so that nobody else has to know it by name."""

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Self

from pydantic import BaseModel


class Stay(Enum):
    """Where weights stay that a model only references, and so who can load it.

    A model names a repository by its commit, for anyone; a folder by its path and the SHA-256 of
    its files, for this machine, where an adapter is what the model holds.
    """

    NOWHERE = 0
    ON_THIS_MACHINE = 1
    IN_A_REPOSITORY = 2


class Facts(BaseModel, extra="forbid", frozen=True, strict=True, defer_build=True):
    """What others ask of a source, whatever its kind: which of its fields plays which part.

    Args:
        kind: The kind of source.
    """

    name_field: ClassVar[str]
    """The field that names it among those of its kind, such as the repository."""
    path_field: ClassVar[str] = ""
    """The field that is a path, relative to the file that wrote it; empty for none."""
    state_field: ClassVar[str] = ""
    """The field that says which state of it is wanted, such as the revision; empty for none."""
    gguf_field: ClassVar[str] = ""
    """The field that names a GGUF file; empty for none."""
    example: ClassVar[Mapping[str, str]] = {}
    """A block of this kind, for the language's schema."""
    stay: ClassVar[Stay] = Stay.NOWHERE
    """Where its weights stay when a model only references them."""
    may_bring_adapter: ClassVar[bool] = False
    """Whether what it names may hold an adapter beside its base."""
    asks_hub: ClassVar[bool] = False
    """Whether it asks the Hugging Face Hub and fills its cache."""
    code_stays: ClassVar[bool] = False
    """Whether code that comes with it cannot become other code unseen."""

    kind: str

    @property
    def named(self) -> str:
        """What it names, as the recipe writes it: a repository, a path."""
        return self._said(self.name_field)

    @property
    def wanted_state(self) -> str:
        """The state it asks for, as the recipe writes it; empty where it asks for none."""
        return self._said(self.state_field)

    @property
    def gguf(self) -> str:
        """The name of the GGUF file that its weights are in; empty for safetensors."""
        return self._said(self.gguf_field)

    @property
    def relative_path(self) -> str:
        """The path that it names, where that is relative to the file that wrote it; else empty."""
        path = self._said(self.path_field)
        return "" if path.startswith(("/", "~")) else path

    def with_path(self, path: str) -> Self:
        """Give the source with another path.

        Args:
            path: The path, for a kind that has one.
        """
        return self.model_copy(update={self.path_field: path})

    def _said(self, field: str) -> str:
        return str(getattr(self, field) or "") if field else ""
