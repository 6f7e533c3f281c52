"""Changes from the command line: what they make of a recipe, and why some are refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.findings import RecipeError, Severity
from runner.recipe.compose import compose

VALUES: dict[str, Any] = {
    "task": "text-generation",
    "description": "old",
    "source": {"kind": "hub", "repo": "a/b", "revision": "main"},
    "model_config": {"num_beams": 2},
    "params": {"top_k": 4},
    "evaluation": {"inputs": ["x"], "expect": [{"contains": "y"}]},
}


@pytest.fixture(autouse=True)
def recipe(workspace: Path) -> None:
    """A recipe to change."""
    (workspace / "recipes").mkdir()
    (workspace / "recipes" / "a.yaml").write_text(yaml.safe_dump(VALUES, sort_keys=False))


@pytest.mark.parametrize(
    ("override", "loc", "value"),
    [
        ("description=1.10", ("description",), "1.10"),
        ("description=true", ("description",), "true"),
        ("description= x ", ("description",), "x"),
        ("source.revision=57e1234", ("source", "revision"), "57e1234"),
        ("source.revision=0012345", ("source", "revision"), "0012345"),
        ("+metadata.when=57e1234", ("metadata", "when"), "57e1234"),
        ("+metadata.when=1e3", ("metadata", "when"), 1000.0),
        ("+metadata.when=[1,{b: c}]", ("metadata", "when"), [1, {"b": "c"}]),
        ("model_config.num_beams=3", ("model_config", "num_beams"), 3),
        ("+model_config.top_k=3", ("model_config", "top_k"), 3),
        ("++model_config.top_k=3", ("model_config", "top_k"), 3),
        ("dtype=float16", ("dtype",), "float16"),
        ("+params.temperature=0.5", ("params", "temperature"), 0.5),
        ("params.top_k=5", ("params", "top_k"), 5),
        ("evaluation.inputs.0=z", ("evaluation", "inputs"), ["z"]),
        ("evaluation.expect.0.contains=z", ("evaluation", "expect"), [{"contains": "z"}]),
        ("+evaluation.expect.0.view=native", ("evaluation", "expect", 0, "view"), "native"),
        ("evaluation.seed=3", ("evaluation", "seed"), 3),
        ("source.repo=c/d", ("source",), {"kind": "hub", "repo": "c/d", "revision": "main"}),
        ("source={repo: c/d}", ("source",), {"kind": "hub", "repo": "c/d", "revision": "main"}),
        ("source={kind: hub, repo: c/d}", ("source",), {"kind": "hub", "repo": "c/d"}),
        ("++tracking.tags.a=b", ("tracking",), {"tags": {"a": "b"}}),
    ],
)
def test_a_change_sets_one_value(override: str, loc: tuple[str | int, ...], value: object) -> None:
    composed = compose(["+recipe=a", override])
    found: Any = composed.values
    for key in loc:
        found = found[key]
    assert found == value
    assert type(found) is type(value)
    rest = {key: item for key, item in composed.values.items() if key != loc[0]}
    assert rest == {key: item for key, item in VALUES.items() if key != loc[0]}


def test_a_setting_is_the_runs_and_not_the_recipes() -> None:
    composed = compose(["+recipe=a", "out=here", "device=cpu", "+tracking.uri=null"])
    assert composed.values == VALUES
    settings = composed.settings
    assert (settings.out, settings.device, settings.tracking.uri) == ("here", "cpu", None)


def test_deleting_takes_out_the_value_and_what_is_in_it() -> None:
    composed = compose(["+recipe=a", "~model_config", "~evaluation.expect.0", "~description=old"])
    assert composed.values == {
        "task": "text-generation",
        "source": VALUES["source"],
        "params": {"top_k": 4},
        "evaluation": {"inputs": ["x"], "expect": []},
    }


REFUSED = [
    ("dtyp=float16", "unknown-key", "`dtyp` is not a field of a recipe.", "Did you mean `dtype`?"),
    ("ot=x", "unknown-key", "`ot` is not a field of a recipe.", "Did you mean `out`?"),
    ("tracking.ui=x", "unknown-key", "`ui` is not a field", "Did you mean `tracking.uri`?"),
    ("out.x=1", "unknown-key", "`out` is one value, and has no `x`.", "Write out=VALUE."),
    ("source.seed=1", "unknown-key", "`seed` is not a field of source (kind: hub).", "It is a fi"),
    ("model_config.top_k=3", "unknown-key", "`top_k` is not in `model_config` of the recipe.",
     "To add it, write `+model_config.top_k=3`."),
    ("model_config.num_beam=3", "unknown-key", "`num_beam` is not in `model_config` of the",
     "Did you mean `num_beams`? To add it, write `+model_config.num_beam=3`."),
    ("evaluation.inputs.0.x=1", "unknown-key", "`x` is not in `evaluation.inputs.0` of the recipe.",
     "To add it, write `+evaluation.inputs.0.x=1`."),
    ("evaluation.inputs.1=z", "unknown-key",
     "`evaluation.inputs` has 1 item, counted from 0, and no `1`.",
     "Write the list whole: evaluation.inputs=[…]."),
    ("+evaluation.expect.1.contains=z", "unknown-key",
     "`evaluation.expect` has 1 item, counted from 0, and no `1`.",
     "Write the list whole: evaluation.expect=[…]."),
    ("evaluation.expect.x.contains=z", "unknown-key",
     "`evaluation.expect` has 1 item, counted from 0, and no `x`.",
     "Write the list whole: evaluation.expect=[…]."),
    ("~description=new", "bad-override", "`~description=new`: `description` is the text \"old\".",
     "Write `~description` to delete it whatever it is."),
    ("~dtype", "unknown-key", "`~dtype`: the recipe does not say `dtype`.", ""),
    ("~evaluation.expect.1", "unknown-key", "`~evaluation.expect.1`: the recipe does not say", ""),
    ("~dtyp", "unknown-key", "`dtyp` is not a field of a recipe.", "Did you mean `dtype`?"),
    ("~out", "bad-override", "`~out`: a run cannot be without it.", "Write out=VALUE."),
    ("out=${task}", "interpolation", "`${task}` is taken as it is: settings refer to nothing.",
     "Write the value itself."),
    ("++metadata={1: a}", "bad-key", "The key `1` is not text.", 'Write "1".'),
    ("++metadata={a: [{null: a}]}", "bad-key", "The key `null` is not text.", 'Write "null".'),
    ("+metadata._target_=x", "forbidden-key", "`_target_` would name code to run", ""),
]  # fmt: skip


@pytest.mark.parametrize(("override", "code", "message", "remedy"), REFUSED)
def test_a_change_that_cannot_be_says_why(
    override: str, code: str, message: str, remedy: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        compose(["+recipe=a", override])
    (finding,) = caught.value.findings
    assert (finding.code, str(finding.place)) == (code, "command line")
    assert finding.message.startswith(message)
    assert finding.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("override", "escape"),
    [
        ("prompt_template='a\\nb\\t{prompt}'", "\\n"),
        ("description='\\t'", "\\t"),
        ("evaluation.inputs=['\\r']", "\\r"),
        ("evaluation.inputs.0='x\\n'", "\\n"),
        ("+input_example='x\\n'", "\\n"),
        ("description='a\\b'", ""),
        ("+metadata.a='\\n'", ""),
    ],
)
def test_a_backslash_that_the_shell_left_is_told(override: str, escape: str) -> None:
    warnings = compose(["+recipe=a", override]).warnings
    found = [one for one in warnings if one.code == "literal-backslash"]
    assert [one.severity for one in found] == [Severity.WARNING] * bool(escape)
    assert all(f"a backslash and a letter: `{escape}`." in one.message for one in found)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_order_of_a_kind_and_its_fields_does_not_count(first: int, workspace: Path) -> None:
    (workspace / "weights").mkdir()
    (workspace / "weights" / "config.json").write_text('{"model_type": "gpt2"}')
    changes = ["source.kind=local", "source.path=weights", "~source.repo"]
    turned = [*changes[first:], *changes[:first], "~source.revision"]
    composed = compose(["+recipe=a", *turned])
    assert composed.values["source"] == {"kind": "local", "path": "weights"}


@pytest.mark.parametrize(
    ("override", "loc", "text"),
    [
        ('+prompt_template="${{task}} {prompt}"', ("prompt_template",), "${{task}} {prompt}"),
        ("description=${oc.env:TOKEN}", ("description",), "${oc.env:TOKEN}"),
        ('+input_example="${oc.env:TOKEN} ${task}"', ("input_example",), "${oc.env:TOKEN} ${task}"),
        ("evaluation.inputs=['${task}']", ("evaluation", "inputs", 0), "${task}"),
        ("evaluation.expect.0.contains='${task}'", ("evaluation", "expect", 0, "contains"),
         "${task}"),
    ],
)  # fmt: skip
def test_free_text_that_is_typed_refers_to_nothing(
    monkeypatch: pytest.MonkeyPatch, override: str, loc: tuple[str | int, ...], text: str
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    found: Any = compose(["+recipe=a", override]).values
    for key in loc:
        found = found[key]
    assert found == text


def test_no_reference_that_is_typed_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    with pytest.raises(RecipeError) as caught:
        compose(["+recipe=a", "+tracking.experiment=${oc.env:TOKEN}"])
    (finding,) = caught.value.findings
    assert (finding.code, finding.loc) == ("interpolation", ("tracking", "experiment"))
    assert "hunter2" not in str(finding)
    composed = compose(["+recipe=a", "+tracking.experiment=${task}s"])
    assert composed.recipe.tracking.experiment == "text-generations"
