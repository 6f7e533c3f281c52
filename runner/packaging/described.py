"""What the folder of an MLflow model says of itself, in its ``MLmodel``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mlflow.exceptions import MlflowException
from mlflow.models import Model

from runner.errors import SourceError, first_line
from runner.files.disk import replacing
from runner.sources import Source
from runner.sources.checkpoint.files import sha256_of
from runner.sources.checkpoint.untrusted import read_yaml
from runner.sources.mlflow.references import referenced_component
from runner.tasks import Task, find_task
from runner.upstream.mlflow_api import persisted_flavor

WEIGHTS = "model"
"""Folder of the weights, in that of a model."""
COMPONENTS = "components"
"""Folder of tokenizer, processor and the like, a folder each."""
DESCRIPTION = "MLmodel"
"""MLflow's description of a model, which it writes anew where the model is logged."""
_FLAVOR = "transformers"


@dataclass(frozen=True)
class Described:
    """An MLflow model in a folder.

    Args:
        folder: The folder.
        description: What its ``MLmodel`` says.
    """

    folder: Path
    description: Model

    @classmethod
    def of(cls, folder: Path) -> "Described":
        """Read the description of a model.

        Args:
            folder: Its folder.

        Raises:
            SourceError: It cannot be read.
        """
        file = folder / DESCRIPTION
        try:
            _insist_on_mappings(found := read_yaml(file))
            return cls(folder, Model.from_dict(found))
        except (
            OSError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            MlflowException,
        ) as error:
            raise SourceError(
                f"{file} cannot be read: {first_line(error)}", "Fetch the model again."
            ) from error

    @property
    def has_weights(self) -> bool:
        """Whether the weights are in it, and it says so."""
        return (self.folder / WEIGHTS).is_dir() and "reference" not in self._inference

    @property
    def task(self) -> Task:
        """The task that it serves.

        Raises:
            SourceError: It is not known here.
        """
        task = find_task(str(self._inference.get("task") or self._flavor.get("task")))
        if task is None:
            raise SourceError(
                f"{self.folder} is for a task that is not known", "See `ls --output json`."
            )
        return task

    @property
    def class_name(self) -> str:
        """Class of the model in transformers."""
        return str(self._flavor.get("pipeline_model_type") or self._inference.get("model"))

    @property
    def dtype(self) -> str:
        """Dtype of its weights as a recipe writes it; empty where it is not said."""
        dtype = self._flavor.get("torch_dtype") or self._inference.get("dtype") or ""
        return str(dtype).removeprefix("torch.")

    def insist_on_its_weights(self, folder: Path) -> None:
        """See that local weights are those that it was proven on.

        Args:
            folder: Where they are.

        Raises:
            SourceError: A file is another.
        """
        files = (self._inference.get("reference") or {}).get("files") or {}
        for name, file in files.items():
            if sha256_of(folder / name) != file.get("sha256"):
                raise SourceError(
                    f"{folder / name} is not the file that the model was made with",
                    "Bring back the file, or run the recipe again.",
                )

    def absent_components(self, known: Collection[str]) -> Mapping[str, Source]:
        """Give the sources of the components that it only names, by name.

        Args:
            known: The components that there are.

        Raises:
            SourceError: It names another.
        """
        flavor = self._flavor
        processor = ["processor"] if "processor_type" in flavor else []
        absent = {
            name: source
            for name in (*flavor.get("components", []), *processor)
            if not (self.folder / COMPONENTS / name).is_dir()
            and (source := referenced_component(flavor, name)) is not None
        }
        if strange := absent.keys() - {*known}:
            raise SourceError(
                f"{self.folder} names a component {min(strange)!r}, and there is no such",
                "Fetch the model again.",
            )
        return absent

    def name_own_weights(self) -> None:
        """Let the description name the weights that now lie in the folder, in one step."""
        if self._flavor and "model_binary" not in self._flavor:
            self.description.flavors[_FLAVOR] = persisted_flavor(self._flavor)
        self._inference.pop("reference", None)
        files = (file for file in self.folder.rglob("[!.]*") if file.is_file())
        self.description.model_size_bytes = sum(file.stat().st_size for file in files)
        with replacing(self.folder / DESCRIPTION) as staged:
            self.description.save(str(staged))

    @property
    def _flavor(self) -> dict[str, Any]:
        return self.description.flavors.get(_FLAVOR) or {}

    @property
    def _inference(self) -> dict[str, Any]:
        return (self.description.metadata or {}).get("inference") or {}


def _insist_on_mappings(described: Mapping[str, Any]) -> None:
    """See that what is read key by key can be, so that nobody below needs to ask.

    Raises:
        ValueError: Something else stands in the place of a mapping, or of a list of names.
    """
    flavors, metadata = (_mapping(described, name) for name in ("flavors", "metadata"))
    for name in flavors:
        components: Any = _mapping(flavors, name).get("components", [])
        names = cast("list[Any]", components) if isinstance(components, list) else [None]
        if not all(isinstance(one, str) for one in names):
            raise ValueError(f"the 'components' of its flavor {name!r} are no list of names")
    files = _mapping(_mapping(_mapping(metadata, "inference"), "reference"), "files")
    for name in files:
        _mapping(files, name)


def _mapping(around: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = around.get(name) or {}
    if not isinstance(found, dict):
        raise ValueError(f"its {name!r} is no mapping")
    return cast("dict[str, Any]", found)
