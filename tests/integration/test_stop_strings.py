"""Words that end an answer, in a recipe: `generate` looks for them with a tokenizer alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Outcome

Cli = Callable[..., Outcome]


@pytest.mark.parametrize("recipe", ["text-generation", "text2text-generation"])
def test_words_that_end_an_answer_are_proven(cli: Cli, workspace: Path, recipe: str) -> None:
    line = (f"+recipe={recipe}/scratch", "tracking.uri=null")
    assert cli(*line, "out=whole").code == 0
    stop = "+model_config.stop_strings=[e,o,a,i,u]"
    done = cli(*line, "out=cut", stop)
    assert done.code == 0, done.stderr
    (native, pyfunc), whole = _answers(workspace / "cut"), _answers(workspace / "whole")
    assert native == pyfunc
    assert len(str(native)) < len(str(whole[0]))


def _answers(out: Path) -> list[Any]:
    (record,) = out.rglob("record.json")
    return [view["outputs"] for view in json.loads(record.read_text())["views"]]
