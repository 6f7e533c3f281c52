"""The card of a model is read by the hub's own loader, with what was measured in its index."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from runner.records import SourceRecord
from runner.report.report import CARD_FILE, write_report
from tests.report.reported import labels, recipe_of, record_of

ROWS = [
    ("a secret row", "good", labels("good", 0.9, "bad"), {"lang": "de"}),
    ("another", "bad", labels("good", 0.6, "bad"), {"lang": "en"}),
]


def test_the_hub_reads_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TOKEN", "planted-token-1")
    recipe = recipe_of(slices=["lang"], gates={"accuracy": ">= 0.4"})
    source = SourceRecord(kind="local", name="\x1b[31mplanted-token-1", license="mit")
    fields = {"checksums": {"MLmodel": "0" * 64}, "sources": {"model": source}}
    record = record_of(recipe, ROWS, tmp_path, fields)
    files = write_report(record, recipe, tmp_path)
    assert [Path(file).name for file in files[2:]] == [CARD_FILE, "bom.cdx.json"]
    card = ModelCard.load(tmp_path / CARD_FILE)
    assert (card.data.license, card.data.pipeline_tag) == ("mit", "text-classification")
    assert card.data.model_name == "text-classification/reviews"
    results = {one.metric_name: one for one in card.data.eval_results or ()}
    assert results["accuracy"].metric_value == 0.5
    assert results["accuracy"].dataset_name == "reviews.csv"
    assert results["accuracy"].dataset_revision == "0" * 64
    assert results["accuracy"].metric_args["rows"] == 2
    assert results["accuracy"].metric_args["low"] < 0.5 < results["accuracy"].metric_args["high"]
    assert results["accuracy.slices.lang.de"].metric_type == "accuracy"
    assert "| `accuracy` |" in card.text
    said = (tmp_path / CARD_FILE).read_text()
    assert [word for word in ("a secret row", "planted-token-1", "\x1b") if word in said] == []


def test_a_model_that_nothing_was_measured_of_has_a_card_without_an_index(tmp_path: Path) -> None:
    recipe = recipe_of()
    fields = {"checksums": {"MLmodel": "0" * 64}, "evaluation": None}
    write_report(record_of(recipe, ROWS, tmp_path, fields), recipe, tmp_path)
    assert ModelCard.load(tmp_path / CARD_FILE).data.eval_results is None
