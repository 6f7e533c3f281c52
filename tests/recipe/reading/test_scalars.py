"""Unquoted scalars: what is a number, and what is too large to be one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.recipe.reading.scalars import core_scalar
from tests.conftest import Outcome

ZEROS = "0" * 400
MORE = "0" * 5000  # more digits than Python itself reads or writes
RECIPE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None), ("True", True), ("no", "no"), ("2026-11-30", "2026-11-30"), ("1_000", "1_000"),
        ("-12", -12), ("007", 7), ("0o17", 15), ("0xff", 255), ("1e3", 1000.0), (".5", 0.5),
        ("1" + "0" * 308, 10**308), ("0x1" + "0" * 255, 16**255),
    ],
)  # fmt: skip
def test_a_scalar_is_what_the_core_schema_says(text: str, value: Any) -> None:
    assert (core_scalar(text), type(core_scalar(text))) == (value, type(value))


@pytest.mark.parametrize("number", ["1" + ZEROS, "-1" + ZEROS, "0x1" + ZEROS, "0o1" + ZEROS,
                                    "1" + MORE, "0x1" + MORE, "0o1" + MORE, "1e400"])  # fmt: skip
def test_a_number_that_no_float_can_be_is_text(number: str) -> None:
    assert core_scalar(number) == number


@pytest.mark.parametrize("number", ["1" + ZEROS, "0x1" + MORE])
def test_a_number_too_large_is_shown_judged_and_compared(
    cli: Callable[..., Outcome], workspace: Path, number: str
) -> None:
    Path("large.yaml").write_text(f"{RECIPE}metadata: {{a: {number}}}\n")
    assert cli("validate", "large.yaml").code == 0
    shown = cli("show", "large.yaml", "--output", "json").document
    assert json.dumps(number) in json.dumps(shown)
    Path("large.yaml").write_text(f"{RECIPE}model_config: {{eos_token_id: {number}}}\n")
    found = cli("validate", "large.yaml").stdout
    assert "takes a whole number or a list, not the text" in found


def test_a_number_too_large_is_text_where_it_is_typed(cli: Callable[..., Outcome]) -> None:
    asked = ("show", "text-generation/scratch", "--output", "json")
    typed = cli(*asked, f"+metadata.a=1{ZEROS}").document
    assert f'"1{ZEROS}"' in json.dumps(typed)
    done = cli("show", "text-generation/scratch", f"+metadata.a=1{MORE}")
    assert (done.code, done.stderr.count("error[bad-override]")) == (2, 1)
    assert "a number has more than 4300 digits. Quote a value" in done.stderr
