"""Who wins: saved model_config < load-time model_config < signature default < predict-time params.

One test for each set of places that name an argument; the table is in docs/inference-arguments.md.
"""

from itertools import combinations
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml

from runner.cli import main
from tests.conftest import REPOSITORY

PROMPT = "What is MLflow?"
PLACES = {"saved": 2, "load": 3, "default": 5, "predict": 7}
SETS = [chosen for size in range(1, 5) for chosen in combinations(PLACES, size)]
REACHABLE = [chosen for chosen in SETS if "predict" not in chosen or "default" in chosen]
UNHEARD = ("load",)
"""MLflow passes on at load only what the model was saved with."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[bool, bool], str]:
    """A model for each: with or without the argument saved, with or without a default."""
    found: dict[tuple[bool, bool], str] = {}
    for saved in (False, True):
        for default in (False, True):
            folder = tmp_path_factory.mktemp("model")
            recipe: dict[str, Any] = {
                "task": "text-generation",
                "source": {"kind": "scratch", "architecture": "gpt2"},
                "model_config": {"do_sample": False},
                "evaluation": {"views": []},
            }
            if saved:
                recipe["model_config"]["max_new_tokens"] = PLACES["saved"]
            if default:
                recipe["params"] = {"max_new_tokens": PLACES["default"]}
            file = folder / "case.yaml"
            file.write_text(yaml.safe_dump(recipe))
            assert main([f"+recipe={file}", f"out={folder}", "tracking.uri=null"]) == 0
            found[saved, default] = str(next(folder.glob("**/MLmodel")).parent)
    return found


@pytest.mark.parametrize("places", REACHABLE, ids="+".join)
def test_the_last_place_that_names_an_argument_wins(
    models: dict[tuple[bool, bool], str], places: tuple[str, ...]
) -> None:
    path = models["saved" in places, "default" in places]
    config = {"max_new_tokens": PLACES["load"]} if "load" in places else {}
    params = {"max_new_tokens": PLACES["predict"]} if "predict" in places else None
    answer = mlflow.pyfunc.load_model(path, model_config=config).predict(PROMPT, params=params)
    pipeline = mlflow.transformers.load_model(path)
    winner = None if places == UNHEARD else places[-1]
    arguments = {"max_new_tokens": PLACES[winner]} if winner else {}
    wanted = pipeline(PROMPT, do_sample=False, **arguments)
    assert answer == [wanted[0]["generated_text"]]
    others = {n for place, n in PLACES.items() if place != winner}
    for number in others:
        other = pipeline(PROMPT, do_sample=False, max_new_tokens=number)
        assert answer != [other[0]["generated_text"]]


def test_a_param_that_is_not_declared_never_reaches_the_model(
    models: dict[tuple[bool, bool], str],
) -> None:
    model = mlflow.pyfunc.load_model(models[True, False])
    given = model.predict(PROMPT, params={"max_new_tokens": PLACES["predict"]})
    assert given == model.predict(PROMPT)


def test_the_table_in_the_documents_has_a_row_for_each_case() -> None:
    text = (REPOSITORY / "docs" / "inference-arguments.md").read_text()
    for places in REACHABLE:
        marks = " | ".join("set" if place in places else "–" for place in PLACES)
        winner = "none" if places == UNHEARD else places[-1]
        assert f"| {marks} | {winner} |" in text


def test_the_full_text_comes_back_only_where_it_is_asked_for(tmp_path: Path) -> None:
    recipe = {
        "task": "text-generation",
        "source": {"kind": "scratch", "architecture": "gpt2"},
        "prompt_template": "Q: {prompt} A:",
        "model_config": {"do_sample": False, "max_new_tokens": 3},
        "params": {"return_full_text": False},
    }
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(recipe))
    assert main(["+recipe=case.yaml", "tracking.uri=null"]) == 0
    path = str(next(tmp_path.glob("outputs/**/MLmodel")).parent)
    framed = "Q: What is MLflow? A:"
    model = mlflow.pyfunc.load_model(path)
    assert framed not in model.predict(PROMPT)[0]
    assert model.predict(PROMPT, params={"return_full_text": True})[0].startswith(framed)
    whole = mlflow.pyfunc.load_model(path, model_config={"return_full_text": True})
    assert framed not in whole.predict(PROMPT)[0], "the default is given at every predict"
