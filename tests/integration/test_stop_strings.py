"""Words that end an answer, in a recipe: natively they want the tokenizer beside them."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Outcome


def test_words_that_end_an_answer_are_proven(cli: Callable[..., Outcome], workspace: Path) -> None:
    stop = "+model_config.stop_strings=[e,o]"
    done = cli("+recipe=text-generation/scratch", "tracking.uri=null", "out=out", stop)
    assert done.code == 0, done.stderr
    (record,) = (workspace / "out").rglob("record.json")
    native, pyfunc = json.loads(record.read_text())["views"]
    assert native["outputs"] == pyfunc["outputs"]
