"""Folders of images and recordings as data: labels by folder name, or in a metadata file."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner import compose, run
from runner.datasets import DataError
from runner.evaluation.row_table import read_rows
from tests.pyfunc.media import picture, recording


def images(folder: Path, label: str, number: int) -> str:
    (folder / label).mkdir(parents=True, exist_ok=True)
    file = folder / label / f"{number}.png"
    file.write_bytes(base64.b64decode(picture(20, 20, number)))
    return f"{label}/{number}.png"


def recordings(folder: Path, label: str, number: int) -> str:
    (folder / "all").mkdir(parents=True, exist_ok=True)
    (folder / "all" / f"{number}.wav").write_bytes(recording(4000, number))
    with (folder / "metadata.jsonl").open("a") as opened:
        opened.write(json.dumps({"file_name": f"all/{number}.wav", "label": label}) + "\n")
    return f"all/{number}.wav"


@pytest.mark.parametrize(
    ("task", "labels", "write"),
    [
        ("image-classification", ["bird", "cat", "dog"], images),
        ("audio-classification", ["music", "speech"], recordings),
    ],
)
def test_a_folder_is_evaluated_by_its_labels(
    workspace: Path, task: str, labels: list[str], write: Callable[[Path, str, int], str]
) -> None:
    wanted = [(label, n) for n in range(2) for label in labels]
    files = {write(Path("held"), label, 10 * n + len(label)): label for label, n in wanted}
    asked = [
        f"evaluation.dataset={{path: {workspace}/held, target: label}}",
        "evaluation.metrics=[accuracy]", "evaluation.views=[]", "tracking.uri=null",
    ]  # fmt: skip
    found = run(compose(f"{task}/scratch", *asked)).evaluation
    assert found is not None
    rows = {row.given: row for row in read_rows(Path(found.table))}
    assert {name: row.target for name, row in rows.items()} == files
    right = [row.answer[0]["label"] == row.target for row in rows.values()]
    (accuracy,) = [score for score in found.scores if score.name == "accuracy"]
    assert accuracy.value == sum(right) / len(files)
    assert {one["label"] for row in rows.values() for one in row.answer} == {*labels}


def test_a_file_that_is_no_image_is_named(workspace: Path) -> None:
    images(Path("held"), "cat", 1)
    Path("held/cat/2.png").write_text("no image")
    asked = [
        f"evaluation.dataset={{path: {workspace}/held, target: label}}",
        "evaluation.metrics=[accuracy]", "evaluation.views=[]", "tracking.uri=null",
    ]  # fmt: skip
    with pytest.raises(DataError, match="row 2"):
        run(compose("image-classification/scratch", *asked))
