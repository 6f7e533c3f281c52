"""Descriptions in YAML that strangers wrote: read fast, of bounded size and depth."""

from pathlib import Path

import pytest
from mlflow.models import Model

from runner.packaging.checksums import checksum_unlogged
from runner.sources.checkpoint.untrusted import read_yaml


@pytest.fixture
def file(workspace: Path) -> Path:
    """A description of a model."""
    return workspace / "MLmodel"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"a: {'[' * 100_000}", "nested too deep"),
        (f"a: {'{a: ' * 50_000}", "nested too deep"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(300)), "nested too deep"),
        (f"a:\n{'- ' * 50_000}x", "nested too deep"),
        ("a: !!python/object/apply:os.system [touch ran]", "no YAML"),
        ("[a]", "no mapping"),
        ("a: " + "x" * 2**22, "more than"),
    ],
)
def test_what_no_model_says_is_refused(file: Path, text: str, why: str) -> None:
    file.write_text(text)
    with pytest.raises(ValueError, match=why):
        read_yaml(file)


def test_a_description_holds_a_recipe_of_any_size(file: Path) -> None:
    recipe = {f"param{number}": "x" * 60 for number in range(15_000)}
    lines = "".join(f"  {name}: {value}\n" for name, value in recipe.items())
    file.write_text(f"recipe:\n{lines}")
    assert file.stat().st_size > 2**20
    assert read_yaml(file) == {"recipe": recipe}


def test_a_large_description_that_was_changed_is_not_written_anew(file: Path) -> None:
    file.write_text(f"flavors: {{}}\nmetadata: {{a: {'x' * 2**18}}}\n")
    assert checksum_unlogged(file.parent) == ""
    Model(metadata={"a": "x"}).save(str(file))
    assert checksum_unlogged(file.parent)


def test_a_description_that_mlflow_did_not_write_so_was_changed(file: Path) -> None:
    Model(metadata={"a": "x"}).save(str(file))
    written = file.read_text()
    for more in ("\n", "# a word\n", "metadata: {a: x}\n"):
        file.write_text(written + more)
        assert checksum_unlogged(file.parent) == "", more
