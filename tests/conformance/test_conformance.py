"""Every task packaged by a recipe and by plain MLflow: both load alike and answer alike."""

import logging
import os
from collections import Counter
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import mlflow.transformers
import pytest
from mlflow.exceptions import MlflowException

from runner.cli import main
from runner.tasks import all_tasks, get_task
from runner.upstream.transformers_source import has_pipeline
from tests.conformance.cases import cases
from tests.conformance.differences import DIFFERENCES, LONG_ROW, rows, unexplained
from tests.conformance.packaged import MANY, Packaged
from tests.conformance.table import FIVE, PAGE, Shortfall, page
from tests.conftest import REPOSITORY
from tests.pages import hold_tables, table

NAMES = [case.name for case in cases()]
GPT2 = {
    "pyfunc": "mlflow",
    "task": "text-generation",
    "source": {"kind": "scratch", "architecture": "gpt2"},
}
BERT = {"kind": "scratch", "architecture": "bert"}
LABELS = {"kind": "scratch", "architecture": "bert", "labels": ["O", "B-PER", "I-PER"]}

SHORTFALLS = [
    Shortfall(
        "several sequences for one input",
        {
            **GPT2,
            "model_config": {"num_return_sequences": 2, "do_sample": True, "max_new_tokens": 4},
            "evaluation": {"inputs": ["What is MLflow?", "My dog"]},
        },
        "rows",
    ),
    Shortfall(
        "embeddings of several inputs",
        {
            "pyfunc": "mlflow",
            "task": "feature-extraction",
            "source": BERT,
            "evaluation": {"inputs": ["a", "b"]},
        },
        "rows",
    ),
    Shortfall(
        "a text without an entity",
        {
            "pyfunc": "mlflow",
            "task": "token-classification",
            "source": LABELS,
            "model_config": {"ignore_labels": ["O", "B-PER", "I-PER"]},
        },
        "runs",
    ),
    Shortfall(
        "all scores of a text classification",
        {
            "pyfunc": "mlflow",
            "task": "text-classification",
            "source": BERT,
            "params": {"top_k": 2},
            "evaluation": {"inputs": ["a", "b"]},
        },
        "columns",
    ),
    Shortfall(
        "the label of an image",
        {
            "pyfunc": "mlflow",
            "task": "image-classification",
            "source": {"kind": "scratch", "architecture": "vit"},
        },
        "columns",
    ),
    Shortfall(
        "zero-shot classification without a hypothesis_template",
        {
            "pyfunc": "mlflow",
            "task": "zero-shot-classification",
            "source": BERT,
            "signature": {
                "inputs": [
                    {"name": "sequences", "type": "string"},
                    {"name": "candidate_labels", "type": "string"},
                ]
            },
            "evaluation": {"inputs": [{"sequences": "a", "candidate_labels": ["b", "c"]}]},
        },
        "",
    ),
]


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """Every case, packaged twice and asked."""
    folder = tmp_path_factory.mktemp("conformance")
    before = Path.cwd()
    os.chdir(folder)
    try:
        return Packaged(folder)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_packages_what_plain_mlflow_packages(
    packaged: Packaged, name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = packaged.cases[name]
    if not has_pipeline(get_task(case.task).pipeline_task):
        # transformers 5.23 breaks in its own warning of a task that is gone, if it is shown
        monkeypatch.setattr(logging.getLogger("transformers"), "level", logging.ERROR)
        with pytest.raises((KeyError, AttributeError, MlflowException)):
            mlflow.transformers.save_model(
                str(packaged.checkpoint(case)),
                str(workspace / "model"),
                task=get_task(case.task).pipeline_task,
            )
        return
    verdict = packaged.verdicts["mlflow", name]
    ours, plain = packaged.answers[name]["ours"], packaged.answers[name]["plain"]
    assert verdict["code"] == 0, verdict["checks"]
    assert verdict["verdict"] == "passed"
    assert ours["flavor"] == plain["flavor"]
    assert ours["files"] == plain["files"]
    assert ours["dtype"] == plain["dtype"]
    assert ours["signature"] is not None
    if plain["signature"] is not None:
        assert ours["signature"] == plain["signature"]
    assert "value" in ours["native"], ours["native"]
    assert ours["native"] == plain["native"]
    if case.request is None or not get_task(case.task).pyfunc:
        assert not ours["has_pyfunc"], "a pyfunc that always raises is worse than none"
    else:
        assert "value" in ours["pyfunc"], ours["pyfunc"]
        assert ours["pyfunc"] == plain["pyfunc"]
        assert "value" in ours["served"], ours["served"]
        assert ours["served"] == plain["served"]


def _left_out(check: dict[str, Any]) -> bool:
    """Say whether a model could not be held to its source, and the proof says why."""
    return (check["name"], check["outcome"]) == ("source", "skipped") and bool(check["message"])


@pytest.mark.parametrize("name", NAMES)
def test_the_runners_inference_agrees_with_mlflows_where_that_is_right(
    packaged: Packaged, name: str
) -> None:
    case, verdict = packaged.cases[name], packaged.verdicts["extended", name]
    extended, plain = packaged.answers[name]["extended"], packaged.answers[name].get("plain")
    assert verdict["code"] == 0, verdict["checks"]
    assert all(c["outcome"] == "passed" or _left_out(c) for c in verdict["checks"])
    assert "value" in extended["native"], extended["native"]
    if plain:
        assert extended["native"] == plain["native"], "native loading is untouched"
    assert extended["has_pyfunc"]
    for view in ("pyfunc", "served"):
        assert "value" in extended[view], extended[view]
        if plain and get_task(case.task).pyfunc:
            assert (extended[view] == plain[view]) is not bool(case.better)


@pytest.mark.parametrize("name", NAMES)
def test_a_hundred_drawn_inputs_are_answered_alike(packaged: Packaged, name: str) -> None:
    answers = packaged.answers[name]
    if "plain" not in answers:
        pytest.skip("this transformers has no such pipeline")
    for view, numbers in packaged.numbers(packaged.cases[name])["plain"].items():
        answered = answers["plain"]["answered"].get(view, numbers)
        if len(numbers) > 1 and view in answers["plain"]["answered"]:
            assert len(answered) > 0.8 * len(numbers), "hardly an input that MLflow answers"
        assert not answers["ours"]["differs"].get(view)
    assert not answers["extended"]["differs"]["native"]
    assert not unexplained(packaged, name)


def test_a_hundred_inputs_are_asked_of_each_row_and_each_task(packaged: Packaged) -> None:
    natively, by_pyfunc = Counter[str](), Counter[str]()
    for case in packaged.cases.values():
        for views in packaged.numbers(case).values():
            assert len({n for numbers in views.values() for n in numbers if n}) == MANY
        native, *others = packaged.numbers(case)["extended"].values()
        natively[case.task] += len(native) - 1
        by_pyfunc[case.task] += sum(len(numbers) - 1 for numbers in others)
    assert min(natively.values()) >= MANY
    assert min(n for task, n in by_pyfunc.items() if get_task(task).pyfunc) >= MANY


@pytest.mark.parametrize("name", [case.name for case in cases() if case.gap])
def test_the_proof_says_where_mlflows_inference_falls_short(packaged: Packaged, name: str) -> None:
    checks = packaged.verdicts["mlflow", name]["checks"]
    assert [c for c in checks if c["outcome"] == "limitation" and c["view"] == "pyfunc"]


@pytest.mark.parametrize("shortfall", SHORTFALLS, ids=lambda s: s.what)
def test_the_proof_detects_a_defect_of_mlflows_inference(
    shortfall: Shortfall, workspace: Path
) -> None:
    said = shortfall.said(workspace, main)
    if shortfall.check:
        assert said["outcome"] in ("failed", "limitation"), said
        assert said["name"] == shortfall.check
    else:
        assert said == {}, "with an explicit signature it works"


def test_every_task_is_among_the_cases() -> None:
    covered = {case.task for case in cases()}
    of_pipelines = {name for name, task in all_tasks().items() if not task.forward}
    assert of_pipelines - covered == {"mask-generation"}
    assert find_spec("torchvision") is None, "with it, mask-generation can be compared"


def test_the_page_says_what_was_found(packaged: Packaged, workspace: Path) -> None:
    said: list[tuple[Shortfall, dict[str, Any]]] = []
    for shortfall in SHORTFALLS:
        folder = workspace / shortfall.folder
        folder.mkdir()
        os.chdir(folder)
        said.append((shortfall, shortfall.said(folder, main)))
    text = page(packaged, said)
    assert "| |" not in text.replace("|  |", "| |"), "no cell is empty"
    file = REPOSITORY / "docs" / PAGE
    if os.environ.get("UPDATE_DOCS"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "UPDATE_DOCS=1 writes it anew"


@pytest.mark.skipif(FIVE, reason="the page is of the reference, transformers 4")
def test_the_page_lists_every_difference(packaged: Packaged) -> None:
    found = rows(packaged)
    met = {what for *_, what, _ in found}
    meant = {d.what for d in (LONG_ROW, *chain.from_iterable(DIFFERENCES.values()))}
    assert meant <= met, "a difference that no input shows"
    head = ("task", "inputs", "differ", "what the runner's code does otherwise", "why")
    hold_tables(REPOSITORY / "docs" / "inference.md", {"drawn": table(head, found)})
