"""A relative path is relative to whoever wrote it: the recipe's file, or the command line."""

from pathlib import Path

import pytest
import yaml

from runner.recipe.compose import compose
from runner.recipe.composing.composed import loc_of
from runner.sources import all_kinds

_FILES = ("config.json", "adapter_config.json", "tokenizer_config.json", "MLmodel")
_PATHS = [(kind, source.path_field) for kind, source in all_kinds().items() if source.path_field]


def _checkpoint(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in _FILES:
        (folder / name).write_text("{}")


def _recipe(part: str, block: dict[str, str]) -> dict[str, object]:
    recipe = {"task": "text-generation", "source": {"kind": "hub", "repo": "org/name"}}
    block_of = {"model": {"source": block}, "adapter": {"adapter": block}}
    return recipe | block_of.get(part, {"components": {part: block}})


@pytest.mark.parametrize("part", ["model", "adapter", "tokenizer"])
@pytest.mark.parametrize(("kind", "field"), _PATHS)
def test_the_folder_is_that_of_the_writer(
    workspace: Path, kind: str, field: str, part: str
) -> None:
    _checkpoint(workspace / "recipes" / "beside" / "m")
    _checkpoint(workspace / "here" / "m")
    recipe = _recipe(part, {"kind": kind, field: "beside/m"})
    (workspace / "recipes" / "case.yaml").write_text(yaml.safe_dump(recipe))
    override = f"{'.'.join(map(str, loc_of(part)))}.{field}=here/m"
    for more, folder in (((), workspace / "recipes"), ((override,), workspace)):
        composed = compose(["+recipe=case", *more])
        found = {context.component: context.folder for _, context in composed.parts(workspace)}
        assert found[part] == folder


def test_there_is_a_kind_with_a_path_of_another_name() -> None:
    assert {field for _, field in _PATHS} == {"path", "uri"}
