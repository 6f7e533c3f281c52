"""The commands of the README on a fine-tuned classifier and 500 labelled rows: at most three."""

import csv
import re
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.checkpoints import classifier
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
ROWS, WRONG = 500, 5
PYTHON = ".venv/bin/python -m runner "


def commands() -> list[list[str]]:
    """Give the commands of the README that name a file of rows, as the shell reads them."""
    blocks = re.findall(r"```sh\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.S)
    (block,) = [block for block in blocks if "reviews.csv" in block]
    return [shlex.split(line.removeprefix(PYTHON)) for line in block.splitlines()]


def test_a_gate_on_500_rows_decides_and_the_wrong_rows_are_shown(cli: Cli, workspace: Path) -> None:
    from transformers import pipeline

    ask = pipeline("text-classification", str(classifier(workspace / "my-model")))
    texts = [f"review {n} of {n % 7} stars" for n in range(ROWS)]
    best = [answer["label"] for answer in ask(texts, batch_size=100)]
    other = {"NEGATIVE": "POSITIVE", "POSITIVE": "NEGATIVE"}
    with Path("reviews.csv").open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["text", "label"])
        labels = [other[one] if n < WRONG else one for n, one in enumerate(best)]
        writer.writerows(zip(texts, labels, strict=True))
    asked = commands()
    assert len(asked) <= 3
    *first, last = [cli(*words) for words in asked]
    assert [done.code for done in first] == [0] * len(first), first
    assert last.code == 0, last.stderr
    assert f"{1 - WRONG / ROWS:g}" in last.stderr
    assert texts[0] in last.stderr
    page = Path("outputs/text-classification/reviews/default/report.html").read_text()
    assert texts[WRONG - 1] in page
