"""A GGUF file is converted once a sweep, and each dtype has the bytes that it has alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.packaging import components, gguf_weights
from tests.checkpoints import gguf_lm
from tests.conftest import Outcome

RECIPE = """\
task: text-generation
source: {kind: local, path: weights, file: tiny.gguf}
model_config: {do_sample: false}
params: {max_new_tokens: 2}
evaluation: {inputs: [the], views: [pyfunc]}
"""


def files_of(point: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(point)): file.read_bytes()
        for file in point.joinpath("model").rglob("*")
        if file.is_file()
    }


def counted_components(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the components that are read from their source."""
    read: list[str] = []
    theirs = components.read_component

    def counting(name: str, *rest: Any) -> object:
        read.append(name)
        return theirs(name, *rest)

    monkeypatch.setattr(components, "read_component", counting)
    return read


def counted_conversions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count how often a GGUF file is converted, and to which dtype."""
    made: list[Any] = []
    theirs = gguf_weights.convert

    def counting(*arguments: Any) -> Any:
        made.append(arguments[-1])
        return theirs(*arguments)

    monkeypatch.setattr(gguf_weights, "convert", counting)
    return made


@pytest.mark.parametrize("dtypes", ["bfloat16,float32,float64", "bfloat16,float16"])
def test_one_conversion_serves_every_dtype(
    cli: Callable[..., Outcome], workspace: Path, monkeypatch: pytest.MonkeyPatch, dtypes: str
) -> None:
    gguf_lm(workspace / "weights")
    Path("case.yaml").write_text(RECIPE)
    made, read = counted_conversions(monkeypatch), counted_components(monkeypatch)
    asked = ("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    swept = cli("-m", *asked, f"dtype={dtypes}", "out=together")
    assert swept.code == 0, swept.stderr
    assert (len(made), len(read)) == (1, 1)
    assert [run["point"] for run in swept.document["runs"]] == [
        f"dtype={d}" for d in dtypes.split(",")
    ]
    for dtype in dtypes.split(","):
        alone = cli(*asked, f"dtype={dtype}", "out=alone")
        assert alone.code == 0, alone.stderr
        point = Path("case", f"dtype={dtype}")
        assert files_of("together" / point) == files_of("alone" / point)
    assert len(made) == 1 + len(dtypes.split(","))
    assert list(Path("together/.store/temporary").iterdir()) == []


def test_twelve_points_of_templates_settings_and_dtypes_convert_the_file_once(
    cli: Callable[..., Outcome], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gguf_lm(workspace / "weights")
    Path("case.yaml").write_text(RECIPE)
    made = counted_conversions(monkeypatch)
    templates, temperatures = """'Q? {prompt}','Q! {prompt}'""", "0.2,0.8"
    done = cli(
        "-m", "+recipe=case.yaml", "tracking.uri=null", "--output", "json",
        f"+prompt_template={templates}", f"+params.temperature={temperatures}",
        "dtype=float32,bfloat16,float16", "model_config.do_sample=true",
    )  # fmt: skip
    assert done.code == 0, done.stderr
    assert len({run["point"] for run in done.document["runs"]}) == 12
    assert len(made) == 1
    assert len([*Path("multirun/.store/weights").iterdir()]) == 3


def test_points_that_differ_in_use_read_the_parts_once_and_have_the_bytes_of_single_runs(
    cli: Callable[..., Outcome], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gguf_lm(workspace / "weights")
    Path("case.yaml").write_text(RECIPE)
    read = counted_components(monkeypatch)
    asked = ("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    points = ("params.max_new_tokens=2", "params.max_new_tokens=3")
    swept = cli("-m", *asked, "params.max_new_tokens=2,3", "out=together")
    assert swept.code == 0, swept.stderr
    assert len(read) == 1
    for point in points:
        assert cli(*asked, point, "out=alone").code == 0
        folder = Path("case", point)
        assert files_of("together" / folder) == files_of("alone" / folder)
    assert len(read) == 3
