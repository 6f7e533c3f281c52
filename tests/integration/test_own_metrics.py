"""Metrics of a recipe's own: run with leave alone, named where they fail, told by locks."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pytest
import yaml

from runner import RecipeError, compose, evaluate
from runner.datasets import DataError
from runner.errors import WrongInput
from runner.evaluated import EvaluationRecord, GateVerdict
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
OWN = """
from pathlib import Path
from tone.words import POLITE

Path(__file__).with_suffix(".ran").touch()

def politeness(answer, target, words=POLITE):
    return sum(word in answer for word in words) / len(words)

def longer(answer, target):
    return len(answer) > len(target)

def broken(answer, target):
    return 1 / (target - 2)

def leaving(answer, target):
    raise SystemExit(0)

def cancelled(answer, target):
    from asyncio import CancelledError
    raise CancelledError

def sly(answer, target, words):
    words.clear()
    answer and target.update(n=answer)
    return 0

def wordy(answer, target):
    return "much"
"""
ROWS = [{"text": "please", "n": 1}, {"text": "thanks, please", "n": 2}, {"text": "no", "n": 3}]


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str], params=None) -> list[str]:
        return list(model_input)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("echo") / "model"
    mlflow.pyfunc.save_model(folder, python_model=Echo(), pip_requirements=["mlflow"])
    return folder


@pytest.fixture
def repository(workspace: Path) -> Path:
    (workspace / "tone").mkdir()
    (workspace / "tone" / "own.py").write_text(OWN)
    (workspace / "tone" / "words.py").write_text('POLITE = ("please", "thanks")\n')
    return workspace


def recipe_of(repository: Path, *metrics: Any, **evaluation: Any) -> str:
    recipe = {
        "task": "text-generation",
        "source": {"kind": "scratch", "architecture": "gpt2"},
        "evaluation": {
            "dataset": {"rows": ROWS, "target": "n"}, "metrics": list(metrics), **evaluation
        },
    }  # fmt: skip
    file = repository / "recipes" / "chat" / "polite.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(recipe))
    return str(file)


def has_run(repository: Path) -> bool:
    return (repository / "tone" / "own.ran").exists()


def evaluated(model: Path, recipe: str, *settings: str) -> EvaluationRecord:
    asked = compose(recipe, "out=outputs", "tracking.uri=null", *settings)
    found = evaluate(str(model), asked).evaluation
    assert found is not None
    return found


def test_with_leave_it_is_the_mean_of_what_it_gives(repository: Path, model: Path) -> None:
    only_thanks = {"name": "tone.own:politeness", "title": "thanks",
                   "parameters": {"words": ["thanks"]}}  # fmt: skip
    less = {"name": "tone.own:politeness", "title": "rude", "better": "less"}
    recipe = recipe_of(
        repository, "tone.own:politeness", only_thanks, less, "length",
        gates={"politeness": ">= 2", "thanks": "< 2"},
    )  # fmt: skip
    found = evaluated(model, recipe, "allow_code=true")
    scores = {score.name: score for score in found.scores}
    assert scores["politeness"].value == pytest.approx((0.5 + 1 + 0) / 3)
    assert scores["thanks"].value == pytest.approx(1 / 3)
    assert (scores["politeness"].better, scores["rude"].better) == ("higher", "lower")
    assert [gate.verdict for gate in found.gates] == [GateVerdict.FAILED, GateVerdict.PASSED]
    digest = hashlib.sha256((repository / "tone" / "own.py").read_bytes()).hexdigest()
    assert found.code == {"tone.own:politeness": digest}
    assert has_run(repository)


def test_the_metric_of_the_page_is_measured(repository: Path, model: Path) -> None:
    text = (REPOSITORY / "docs" / "evaluation.md").read_text()
    (code,) = re.findall(r"```python\n# tone/politeness.py.*?\n(.*?)```", text, re.S)
    (named,) = re.findall(r"  metrics: (\[.*tone.politeness.*\])", text)
    (repository / "tone" / "politeness.py").write_text(code)
    recipe = recipe_of(repository, *yaml.safe_load(named))
    (score,) = evaluated(model, recipe, "allow_code=true").scores
    assert (score.name, score.value) == ("polite", pytest.approx(2 / 3))


def test_without_leave_nothing_of_it_runs(repository: Path, model: Path, cli: Cli) -> None:
    recipe = recipe_of(repository, "tone.own:politeness")
    assert cli("validate", recipe).code == 0
    assert cli("plan", f"+recipe={recipe}", "allow_code=true").code == 0
    assert cli("lock", recipe).code == 0
    lock = yaml.safe_load(Path(recipe).with_suffix(".lock.yaml").read_text())
    assert [*lock["parts"]["metrics"]["files"]] == ["tone/own.py"]
    with pytest.raises(WrongInput, match="measures by code of its repository: tone.own:polite"):
        evaluated(model, recipe)
    done = cli(recipe, "tracking.uri=null")
    assert done.code == 2
    assert "allow_code=true" in done.stderr
    assert not has_run(repository)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("broken", r"rows, row 2: tone.own:broken raised ZeroDivisionError: division by zero"),
        ("wordy", 'row 1: tone.own:wordy gave the text "much", not a number'),
        ("longer", r"row 1: tone.own:longer raised TypeError: object of type 'int' has no len"),
        ("leaving", r"leaving raised ProcessEnded: .* ended the process: SystemExit\(0\)"),
        ("cancelled", r"cancelled raised ProcessEnded: .* process: CancelledError\(\)"),
    ],
)
def test_what_goes_wrong_in_it_is_said_with_its_row(
    repository: Path, model: Path, function: str, said: str
) -> None:
    recipe = recipe_of(repository, f"tone.own:{function}")
    with pytest.raises(DataError, match=said) as caught:
        evaluated(model, recipe, "allow_code=true")
    assert caught.value.remedy == "Mend the metric, or measure by others."


def test_what_it_does_to_its_arguments_no_other_metric_sees(repository: Path, model: Path) -> None:
    sly = {"name": "tone.own:sly", "parameters": {"words": ["please"]}}
    seen = {"name": "tone.own:seen", "parameters": {"words": ["please"]}}
    rows = [{"text": "please", "n": {"n": "1"}}]
    with (repository / "tone" / "own.py").open("a") as opened:
        opened.write('def seen(answer, target, words):\n    return target["n"] == "1"\n')
    recipe = recipe_of(repository, sly, seen, dataset={"rows": rows, "target": "n"})
    scores = evaluated(model, recipe, "allow_code=true").scores
    assert [score.value for score in scores] == [0, 1]


def test_one_that_ends_the_process_ends_no_sweep(repository: Path, cli: Cli) -> None:
    recipe = recipe_of(repository, "tone.own:leaving")
    settings = ("tracking.uri=null", "allow_code=true")
    done = cli("-m", recipe, "dtype=float32,bfloat16", *settings)
    assert done.code == 3
    assert done.stderr.count("raised ProcessEnded") == 2, "both points were run, and are told"
    (repository / "tone" / "words.py").write_text("raise SystemExit(0)\n")
    done = cli(recipe, *settings)
    assert done.code == 3
    assert "tone/own.py raised ProcessEnded" in done.stderr


def test_a_module_that_cannot_be_imported_is_named(repository: Path, model: Path) -> None:
    (repository / "tone" / "words.py").write_text("POLITE = [][0]\n")
    recipe = recipe_of(repository, "tone.own:politeness")
    with pytest.raises(DataError, match=r"tone/own.py raised IndexError: list index out of range"):
        evaluated(model, recipe, "allow_code=true")


@pytest.mark.parametrize(
    ("metric", "code", "said"),
    [
        ("tone.owned:politeness", "metric-missing", "there is no tone/owned.py"),
        ("tone.own:politenes", "metric-missing", "tone/own.py has no function `politenes`"),
        ("tone.own:", "bad-value", ""),
        ("../tone:x", "bad-value", ""),
        ({"name": "tone.own:longer", "nope": 1}, "unknown-key", "`nope`"),
        ({"name": "tone.own:longer", "better": "up"}, "unknown-value", "`up`"),
    ],
)
def test_what_is_wrong_with_its_name_is_found_as_text(
    repository: Path, metric: Any, code: str, said: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        compose(recipe_of(repository, metric))
    found = {finding.code: finding.message for finding in caught.value.findings}
    assert said in found[code]
    assert not has_run(repository)
