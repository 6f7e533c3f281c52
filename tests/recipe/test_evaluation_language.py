"""What a recipe may say of its evaluation on data, and what is found wrong with it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runner.recipe.compose import compose
from runner.recipe.language.gates import FORM, parse_gate
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]
CLASSIFIER = {
    "task": "text-classification",
    "source": {"kind": "scratch", "architecture": "bert", "labels": ["good", "bad"]},
}
RIGHT = {
    "dataset": {"path": "../data/reviews.csv", "target": "label"},
    "metrics": ["accuracy"],
    "slices": ["lang"],
    "gates": {"accuracy": ">= 0.9", "accuracy.slices.lang.de": "> .5", "latency_p95_ms": "<= 200"},
}


def written(evaluation: object, recipe: dict = CLASSIFIER) -> str:
    Path("data").mkdir(exist_ok=True)
    Path("data/reviews.csv").write_text("text,label,lang\nGood.,good,en\n")
    Path("data/semicolons.csv").write_text("text;label;lang\nGood.;good;en\n")
    Path("recipes").mkdir(exist_ok=True)
    text = yaml.safe_dump({**recipe, "evaluation": evaluation}, sort_keys=False)
    Path("recipes/mine.yaml").write_text(text)
    return "recipes/mine.yaml"


def found(cli: Cli, evaluation: object, recipe: dict = CLASSIFIER) -> list[tuple[str, str, str]]:
    document = cli("validate", written(evaluation, recipe), "--format", "json").document
    return [
        (one["code"], ".".join(map(str, one["path"])).removeprefix("evaluation."), one["remedy"])
        for one in document["findings"]
    ]


def test_what_is_right_has_no_finding_and_comes_out_typed(cli: Cli) -> None:
    assert found(cli, RIGHT) == []
    evaluation = compose(["+recipe=mine", "evaluation.dataset.limit=5"]).recipe.evaluation
    assert [metric.key for metric in evaluation.metrics] == ["accuracy"]
    assert evaluation.conditions["accuracy.slices.lang.de"].bound == 0.5
    assert evaluation.dataset.limit == 5


def test_an_evaluation_can_be_said_on_the_command_line(workspace: Path) -> None:
    recipe = yaml.safe_dump(CLASSIFIER)
    written({})
    Path("recipes/mine.yaml").write_text(recipe)
    evaluation = compose(
        [
            "+recipe=mine",
            "evaluation.dataset.path=data/reviews.csv",
            "evaluation.dataset.target=label",
            "evaluation.metrics=[accuracy]",
            "+evaluation.gates.accuracy='>= 0.9'",
        ]
    ).recipe.evaluation
    assert evaluation.conditions["accuracy"].holds(0.9)


@pytest.mark.parametrize(
    ("change", "code", "loc", "remedy"),
    [
        ({"metrics": ["acuracy"]}, "unknown-metric", "metrics.0", "Did you mean `accuracy`?"),
        (
            {"metrics": [{"name": "acuracy"}]},
            "unknown-metric", "metrics.0.name", "Did you mean `accuracy`?",
        ),
        ({"metrics": [{"title": "x"}]}, "missing-key", "metrics.0.name", ""),
        ({"metrics": [{"name": "accuracy", "top": 1}]}, "unknown-key", "metrics.0.top", None),
        ({"metrics": ["exact_match"]}, "metric-not-for-task", "metrics.0", None),
        ({"metrics": ["accuracy"] * 2}, "metric-named-twice", "metrics.1", "Give one a `title`."),
        ({"gates": {"acuracy": "> 0"}}, "bad-gate", "gates.acuracy", "Did you mean `accuracy`?"),
        ({"gates": {"accuracy": "0.9"}}, "bad-gate", "gates.accuracy", None),
        (
            {"gates": {"accuracy": ">= 90"}}, "bad-gate", "gates.accuracy",
            "Write a bound within that, such as 0.9 for 90 %.",
        ),
        (
            {"gates": {"accuracy.slices.lang.de": "< 0"}},
            "bad-gate", "gates.accuracy.slices.lang.de", None,
        ),
        ({"gates": {"accuracy": 0.9}}, "bad-gate", "gates.accuracy", FORM),
        (
            {"dataset": {**RIGHT["dataset"], "path": "../data/semicolons.csv"}},
            "column-missing", "dataset.inputs",
            "Its header is one cell with semicolons in it: save it with commas between cells.",
        ),
        (
            {"gates": {"accuracy": ">= champion"}},
            "bad-gate", "gates.accuracy",
            "Name it as `evaluation.champion`, or give `tracking.register_as`.",
        ),
        (
            {"gates": {"latency_p95_ms": "<= champion"}, "champion": "runs:/a"},
            "bad-gate", "gates.latency_p95_ms", "Write a number.",
        ),
        (
            {"gates": {"accuracy.slices.lng.de": "> 0"}},
            "bad-gate", "gates.accuracy.slices.lng.de", "Did you mean `lang`?",
        ),
        (
            {"gates": {"latency_p59_ms": "< 1"}},
            "bad-gate", "gates.latency_p59_ms", "Did you mean `latency_p50_ms`, `latency_p95_ms` "
            "or `latency_p99_ms`?",
        ),
        ({"slices": ["lng"]}, "column-missing", "slices.0", "Did you mean `lang`?"),
        ({"dataset": {"path": "x.csv"}}, "dataset-missing", "dataset.path", None),
        ({"dataset": {"path": "../data", "rows": [{}]}}, "bad-value", "dataset", None),
        ({"dataset": {}}, "bad-value", "dataset", None),
        (
            {"dataset": {"path": "../data/reviews.csv", "inputs": "tekst", "target": "label"}},
            "column-missing", "dataset.inputs", "Did you mean `text`?",
        ),
        (
            {"dataset": {**RIGHT["dataset"], "where": "lang.upper()"}},
            "bad-where", "dataset.where", None,
        ),
        ({"dataset": {"path": "../data/reviews.csv"}}, "no-target", "metrics.0", None),
        (
            {"dataset": {"path": "../data/reviews.csv", "sampel": 3, "target": "label"}},
            "unknown-key", "dataset.sampel", "Did you mean `sample`?",
        ),
        (
            {"engine": "ray"}, "engine-missing", "engine",
            "pip install 'recipe-runner[ray]'",
        ),
        ({"confidence": 1.5}, "bad-value", "confidence", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_at_its_place(
    cli: Cli, change: dict, code: str, loc: str, remedy: str | None
) -> None:
    said = found(cli, {**RIGHT, **change})
    assert [(c, place) for c, place, _ in said if c != "bad-gate" or c == code][:1] == [(code, loc)]
    if remedy is not None:
        assert remedy in [text for c, _, text in said if c == code]


@pytest.mark.parametrize(
    ("inputs", "loc", "remedy"),
    [
        ("question", "dataset.inputs", "Map each input to its column."),
        ({"question": "q", "contxt": "c"}, "dataset.inputs.contxt", "Did you mean `context`?"),
    ],
)
def test_inputs_are_those_of_the_task(cli: Cli, inputs: object, loc: str, remedy: str) -> None:
    recipe = {
        "task": "question-answering",
        "source": {"kind": "scratch", "architecture": "bert"},
    }
    rows = [{"q": "Who?", "c": "Me.", "question": "Who?"}]
    said = found(cli, {"dataset": {"rows": rows, "inputs": inputs}}, recipe)
    assert ("bad-dataset", loc, remedy) in said


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (">= 0.9", (">=", 0.9)),
        ("<1e-3", ("<", 1e-3)),
        (" > -.5 ", (">", -0.5)),
        ("<= 5", ("<=", 5)),
        (">= champion", (">=", 0)),
        ("> champion-1e-2", (">", -0.01)),
        (" <= champion + .5", ("<=", 0.5)),
    ],
)
def test_a_gate_is_an_order_and_a_bound(text: str, wanted: tuple[str, float]) -> None:
    gate = parse_gate(text)
    assert (gate.order, gate.bound) == wanted
    assert not gate.holds(float("nan"))


@pytest.mark.parametrize(
    "text",
    [
        "0.9",
        "=> 0.9",
        ">= 90%",
        ">= 0.9 or 1",
        ">= champion * 2",
        "champion",
        "",
        "== 1",
        ">=",
    ],
)
def test_what_is_no_gate_is_none(text: str) -> None:
    assert parse_gate(text) is None


@pytest.mark.process
def test_a_recipe_with_metrics_is_validated_without_numpy() -> None:
    file = written(RIGHT)
    code = (
        "import sys; from runner.cli import main; code = main(['validate', sys.argv[1]]);"
        "print(code, sorted({'numpy', 'pandas', 'pyarrow', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, file],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout


def test_the_schema_takes_both_ways_to_write_a_metric(cli: Cli) -> None:
    import jsonschema

    schema = json.loads(cli("schema").stdout)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({**CLASSIFIER, "evaluation": RIGHT})
    long = {**RIGHT, "metrics": [{"name": "exact_match", "ignore_case": True, "title": "same"}]}
    assert validator.is_valid({**CLASSIFIER, "evaluation": long})
    for wrong in ("acuracy", {"name": "acuracy"}, {"name": "accuracy", "ignore_case": True}):
        bad = {**CLASSIFIER, "evaluation": {**RIGHT, "metrics": [wrong]}}
        assert not validator.is_valid(bad), wrong
