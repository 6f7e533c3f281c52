"""A saved model is held to its source: what answers otherwise is found, what is alike passes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file, save_file

from runner.evaluation import source
from runner.evaluation.proof import Proof, prove
from runner.evaluation.source import Origin
from runner.recipe.compose import compose
from runner.recipe.library import list_recipes
from runner.records import CheckRecord, Outcome, RunRecord, Verdict
from runner.sources import Checkpoint
from runner.work.evaluate import evaluate
from runner.work.run import run
from tests.checkpoints import build, causal_lm, classifier

SHELF = sorted(
    one.name.partition("/")[0]
    for one in list_recipes()
    if one.name.endswith("/scratch") and not one.errors
)
ON_PURPOSE = {"feature-extraction", "image-feature-extraction", "llm-v1-embeddings"}
NATIVE_ALONE = {"native"}
TEXTS = ["My dog eats.", "What is MLflow, and who needs a thing like that?"]
GREEDY = {"model_config": {"do_sample": False}, "params": {"max_new_tokens": 6}}


def ran(workspace: Path, **recipe: Any) -> RunRecord:
    """Run a recipe."""
    (workspace / "recipes").mkdir(exist_ok=True)
    (workspace / "recipes" / "mine.yaml").write_text(yaml.safe_dump(recipe))
    return run(compose(["+recipe=mine", "tracking.uri=null"]), workspace / "out", "default")


def of_source(found: RunRecord | Proof) -> dict[str, CheckRecord]:
    """Give the checks against the source by view."""
    return {check.view: check for check in found.checks if check.name == "source"}


def outcomes(found: RunRecord | Proof) -> dict[str, str]:
    return {view: check.outcome.value for view, check in of_source(found).items()}


def changed(workspace: Path, change: Callable[[Path], None], **recipe: Any) -> Proof:
    """Package a checkpoint in the folder ``source``, change the model, and prove it."""
    whole = {"source": {"kind": "local", "path": "../source"}, **recipe}
    record = ran(workspace, **whole)
    assert record.verdict is Verdict.PASSED, record.failed_checks
    assert outcomes(record) == {"native": "passed", "pyfunc": "passed"}
    change(Path(record.model))
    checkpoint = Checkpoint(workspace / "source", "local", "source")
    origin = Origin({"model": checkpoint}, 0)
    composed = compose(["+recipe=mine"])
    return prove(composed.recipe, record.inputs, Path(record.model), "cpu", origin)


@pytest.mark.parametrize("task", SHELF)
def test_every_task_answers_as_its_source(task: str, workspace: Path) -> None:
    held = ["native"] if task in NATIVE_ALONE else ["native", "pyfunc"]
    composed = compose([f"+recipe={task}/scratch", "tracking.uri=null"])
    record = run(composed, workspace, "default")
    pyfunc = "skipped" if task in ON_PURPOSE else "passed"
    wanted = {"native": "passed", "pyfunc": pyfunc}
    assert outcomes(record) == {view: wanted[view] for view in held}, record.failed_checks
    assert record.source_view is not None
    assert len(record.source_view.outputs) == len(record.inputs)
    assert [view.view for view in record.views] == held


@pytest.mark.parametrize("task", ["llm/v1/chat", "llm/v1/completions"])
def test_what_a_recipe_says_of_every_request_is_said_to_the_pipeline(
    task: str, workspace: Path
) -> None:
    build(workspace / "source", task, "llama", {"initializer_range": 1.0})
    asks = {"messages": [{"role": "user", "content": TEXTS[0]}]} if "chat" in task else {}
    asked = [asks or {"prompt": TEXTS[0]}]
    source = {"kind": "local", "path": "../source"}
    whole = {"task": task, "source": source, "evaluation": {"inputs": asked}}
    greedy = {"do_sample": False}
    for said in ({"params": {"max_tokens": 3}}, {"model_config": {**greedy, "max_tokens": 3}}):
        record = ran(workspace, **{"model_config": greedy, **whole, **said})
        assert outcomes(record) == {"native": "passed", "pyfunc": "passed"}, record.failed_checks
        (answer,) = record.views[1].outputs
        assert "'completion_tokens': 3" in str(answer)
    drawn = {"do_sample": True, "temperature": 3.0, "max_tokens": 3, "n": 2}
    record = ran(workspace, **whole | {"model_config": drawn})
    assert record.verdict is Verdict.PASSED, record.failed_checks
    assert "'index': 1" in str(record.views[1].outputs)
    assert of_source(record)["pyfunc"].message == "the pipeline does not take n"
    penalties = {"frequency_penalty": 0.5, "presence_penalty": 1.0} if "chat" in task else {}
    said = {**penalties, "stop": ["a"]}
    record = ran(workspace, **whole, model_config={**greedy, **said})
    assert record.verdict is Verdict.PASSED, record.failed_checks
    assert of_source(record)["pyfunc"].message == f"the pipeline does not take {', '.join(said)}"


def test_a_weight_changed_after_saving_is_found(workspace: Path) -> None:
    classifier(workspace / "source")

    def nudge(model: Path) -> None:
        file = model / "model" / "model.safetensors"
        tensors = load_file(file)
        tensors["classifier.bias"][1] += 0.001
        save_file(tensors, file, {"format": "pt"})

    evaluation = {"inputs": TEXTS}
    found = changed(workspace, nudge, task="text-classification", evaluation=evaluation)
    for view in ("native", "pyfunc"):
        check = of_source(found)[view]
        assert check.outcome is Outcome.FAILED
        assert check.message.startswith("row 0: the saved model answers {'label': ")
        assert "its source {'label': " in check.message
        assert check.message.endswith("likely cause: the weights differ in classifier.bias")
    assert found.verdict is Verdict.FAILED


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_a_source_is_loaded_in_the_dtype_of_the_recipe(workspace: Path, dtype: str) -> None:
    classifier(workspace / "source")
    record = ran(
        workspace,
        task="text-classification",
        source={"kind": "local", "path": "../source"},
        dtype=dtype,
        evaluation={"inputs": TEXTS},
    )
    assert outcomes(record) == {"native": "passed", "pyfunc": "passed"}, record.failed_checks


def test_answers_that_are_drawn_are_compared_from_the_same_seed(workspace: Path) -> None:
    causal_lm(workspace / "source", initializer_range=1.0)
    record = ran(
        workspace,
        task="text-generation",
        source={"kind": "local", "path": "../source"},
        model_config={"do_sample": True, "temperature": 1.0},
        params={"max_new_tokens": 6},
        evaluation={"inputs": TEXTS},
    )
    assert outcomes(record) == {"native": "passed", "pyfunc": "passed"}, record.failed_checks
    assert of_source(record)["pyfunc"].message == "drawn: the first answer was compared"


def scratch(**recipe: Any) -> dict[str, Any]:
    return {
        "task": "text-generation",
        "source": {"kind": "scratch", "architecture": "gpt2"},
        **GREEDY,
        **recipe,
    }


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"model_config": {"do_sample": False, "stop": ["a"]}}, "does not take stop"),
        ({"pyfunc": "mlflow"}, "MLflow's own inference code"),
    ],
)
def test_a_pyfunc_that_cannot_be_compared_says_why(
    workspace: Path, more: Mapping[str, Any], reason: str
) -> None:
    record = ran(workspace, **scratch(**more))
    assert outcomes(record) == {"native": "passed", "pyfunc": "skipped"}
    assert reason in of_source(record)["pyfunc"].message
    assert record.verdict is Verdict.PASSED


def test_a_recipe_may_leave_its_source_out(workspace: Path) -> None:
    record = ran(workspace, **scratch(evaluation={"views": ["native", "pyfunc"]}))
    assert outcomes(record) == {}
    assert record.source_view is None
    assert "source" not in record.steps[-1].detail


def test_what_would_cost_too_much_is_left_out_by_default_with_a_word() -> None:
    scratch, gguf = "text-generation/scratch", "text-generation/smollm2-chat"
    asked = "+evaluation.views=[source,native]"
    huge = 10**18
    assert source.left_out(compose([f"+recipe={scratch}"]).recipe, 0) is None
    told = source.left_out(compose([f"+recipe={scratch}"]).recipe, huge)
    assert str(told).startswith("1e+09 GB of weights do not fit twice in ")
    assert source.left_out(compose([f"+recipe={scratch}", asked]).recipe, huge) is None
    told = source.left_out(compose([f"+recipe={gguf}"]).recipe, 0)
    assert str(told).startswith("the GGUF file would be converted a second time")
    assert source.left_out(compose([f"+recipe={gguf}", asked]).recipe, huge) is None


@pytest.mark.parametrize("views", ["null", "[source,pyfunc]"])
def test_a_task_without_a_pipeline_is_left_out_with_a_word(views: str) -> None:
    recipe = compose(["+recipe=text-generation/scratch", f"+evaluation.views={views}"]).recipe
    assert source.left_out(recipe, 0) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(recipe), "has_native", False)
        assert "has no pipeline" in str(source.left_out(recipe, 0))


def test_people_are_told_what_was_not_held_to_the_source(cli: Callable[..., Any]) -> None:
    values = scratch(pyfunc="mlflow")
    Path("mine.yaml").write_text(yaml.safe_dump(values))
    done = cli("+recipe=mine.yaml", "tracking.uri=null")
    assert done.code == 0
    told = "skipped pyfunc source: MLflow's own inference code gives answers of another form"
    assert told in done.stderr
    assert "native and pyfunc, held to the source" in done.stderr
    assert "10/10" in done.stderr, "what was skipped does not count"
    rehearsed = cli("rehearse", "+recipe=mine.yaml", "tracking.uri=null")
    assert f"- {told.removeprefix('skipped ')}" in rehearsed.stdout


def test_a_source_that_transformers_cannot_load_is_left_out_with_its_reason(
    workspace: Path,
) -> None:
    record = ran(workspace, **scratch())
    composed = compose(["+recipe=mine"])
    nowhere = Origin({"model": Checkpoint(workspace / "nowhere", "local", "nowhere")}, 0)
    found = prove(composed.recipe, record.inputs, Path(record.model), "cpu", nowhere)
    assert outcomes(found) == {"source": "skipped"}
    assert of_source(found)["source"].message.startswith("transformers itself raises ")


def test_a_source_alone_proves_nothing(cli: Callable[..., Any]) -> None:
    done = cli("+recipe=text-generation/scratch", "evaluation.views=[source]")
    assert done.code == 2
    assert "name one of them too" in done.stdout + done.stderr


def test_a_packaged_model_is_held_to_the_source_of_its_recipe(workspace: Path) -> None:
    model = ran(workspace, **scratch()).model

    def found(*overrides: str) -> dict[str, str]:
        return outcomes(evaluate(model, compose(["+recipe=mine", *overrides]), workspace))

    assert found() == {"native": "passed", "pyfunc": "passed"}
    assert found("+source.seed=7") == {"native": "failed", "pyfunc": "failed"}
    assert found("+evaluation.views=[source,native]") == {"native": "passed"}
    assert found("+evaluation.views=[native]") == {}


def test_a_model_that_others_packaged_is_held_to_the_source_natively(workspace: Path) -> None:
    model = ran(workspace, **scratch(pyfunc="mlflow")).model
    found = evaluate(model, compose(["+recipe=mine", "pyfunc=extended"]), workspace)
    assert outcomes(found) == {"native": "passed", "pyfunc": "skipped"}


def test_a_source_that_is_not_at_hand_is_not_fetched_for_an_evaluation(workspace: Path) -> None:
    model = ran(workspace, **scratch()).model
    (workspace / "recipes" / "mine.yaml").write_text(
        yaml.safe_dump(scratch(source={"kind": "hub", "repo": "org/never"}))
    )
    found = evaluate(model, compose(["+recipe=mine"]), workspace)
    assert outcomes(found) == {"source": "skipped"}
    assert "org/never at main is not in the hub's cache" in of_source(found)["source"].message
    assert found.verdict is Verdict.PASSED, "the rest of the proof was made"
