"""Hydra's view of the recipe folders: the config group ``recipe``, read strictly."""

from collections.abc import Sequence
from pathlib import Path

from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from omegaconf import OmegaConf

from runner.recipe.reading.lineage import absolute
from runner.recipe.reading.literal_text import escaped
from runner.recipe.reading.policy import bases, forbidden
from runner.recipe.reading.shelf import find_under, names_under
from runner.recipe.reading.strict_yaml import read

GROUP = "recipe"
_SCHEME = "recipes"


class RecipeConfigSource(ConfigSource):
    """A recipe folder as a Hydra config source, ``recipes:///absolute/folder``.

    Every recipe lands at the root of the config, free text in it stays as written, and its
    defaults list holds recipes only. A file that may not be composed is not there.
    """

    @staticmethod
    def scheme() -> str:
        """Give the scheme of the folder's URL."""
        return _SCHEME

    def load_config(self, config_path: str) -> ConfigResult:
        """Read a recipe.

        Args:
            config_path: ``recipe/`` and the recipe's name.

        Raises:
            ConfigLoadError: There is no such recipe, or it says what no recipe may.
        """
        name = _name(config_path)
        file = find_under(Path(self.path), name)
        if file is None:
            raise ConfigLoadError(f"there is no recipe {name}")
        document = read(file)
        entries, findings = bases(document)
        for finding in (*document.findings, *findings, *forbidden(document)):
            raise ConfigLoadError(str(finding))
        values = escaped(document.values)
        values["defaults"] = [
            entry if entry == "_self_" else f"/{GROUP}/{absolute(entry, name)}" for entry in entries
        ]
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=OmegaConf.create(values),
            header={"package": "_global_"},
        )

    def is_group(self, config_path: str) -> bool:
        """Tell whether a path is the group, or a folder in it."""
        path = config_path.rstrip("/")
        if path == GROUP:
            return True
        name = _name(path)
        return bool(name) and any(n.startswith(f"{name}/") for n in names_under(Path(self.path)))

    def is_config(self, config_path: str) -> bool:
        """Tell whether a path is a recipe."""
        name = _name(config_path)
        return bool(name) and find_under(Path(self.path), name) is not None

    def available(self) -> bool:
        """Tell whether the folder is there."""
        return Path(self.path).is_dir()

    def list(self, config_path: str, results_filter: ObjectType | None) -> "list[str]":
        """List the recipes of the group by their whole names.

        Args:
            config_path: A path; only the group itself holds recipes.
            results_filter: Kind of result wanted; recipes are configs.
        """
        if config_path.rstrip("/") != GROUP or results_filter is ObjectType.GROUP:
            return []
        return list(names_under(Path(self.path)))


def _name(config_path: str) -> str:
    prefix = f"{GROUP}/"
    return config_path.removeprefix(prefix) if config_path.startswith(prefix) else ""


def search_path(roots: Sequence[Path]) -> str:
    """Register the source with Hydra and give the override that puts recipe folders in its way.

    Args:
        roots: Absolute folders, in the order they are searched.
    """
    Plugins.instance().register(RecipeConfigSource)
    urls = [quoted(f"{_SCHEME}://{root}") for root in roots]
    return f"hydra.searchpath=[{','.join(urls)}]"


def quoted(text: str) -> str:
    """Quote a text for an override, so that Hydra takes it as it is.

    Args:
        text: The text.
    """
    return QuotedString(text, Quote.single).with_quotes()
