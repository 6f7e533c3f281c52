"""Descriptions of models that strangers wrote: read, or refused in words."""

from pathlib import Path

import pytest

from runner.errors import SourceError
from runner.packaging.described import Described
from runner.sources.mlflow.references import referenced
from runner.work.persist import persist


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("flavors: [transformers]\n", "its 'flavors' is no mapping"),
        ("flavors: {}\nmetadata: a\n", "its 'metadata' is no mapping"),
        ("flavors: {transformers: [a]}\n", "its 'transformers' is no mapping"),
        ("flavors: {transformers: {components: 5}}\n", "no list of names"),
        ("flavors: {transformers: {components: [{a: b}]}}\n", "no list of names"),
        ("flavors: {}\nmetadata: {inference: 5}\n", "its 'inference' is no mapping"),
        (
            "flavors: {}\nmetadata: {inference: {reference: {files: {a: 5}}}}\n",
            "its 'a' is no mapping",
        ),
    ],
)
def test_what_is_no_mapping_is_refused_where_it_is_read(
    tmp_path: Path, said: str, why: str
) -> None:
    (tmp_path / "MLmodel").write_text(said)
    with pytest.raises(SourceError, match="cannot be read") as caught:
        Described.of(tmp_path)
    assert why in caught.value.message


def test_weights_that_are_named_without_a_revision_are_asked_for_as_they_are(
    tmp_path: Path,
) -> None:
    (tmp_path / "MLmodel").write_text("metadata: {inference: {reference: {repo: [a]}}}\n")
    assert referenced(tmp_path).model_dump(include={"repo"}) == {"repo": "['a']"}


def test_a_component_that_there_is_none_of_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "MLmodel").write_text(
        "flavors: {transformers: {task: fill-mask, components: [../../a], "
        "../../a_name: b/c, ../../a_revision: d}}\n"
        "metadata: {inference: {reference: {path: none}}}\n"
    )
    with pytest.raises(SourceError, match=r"names a component '\.\./\.\./a'"):
        persist(str(tmp_path), None)
    assert [file.name for file in tmp_path.iterdir()] == ["MLmodel"]
