"""A sweep whose points end in every way: each is recorded, and the gravest end is the sweep's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import Exit
from runner.sweeps.record import read_sweep
from tests.checkpoints import classifier
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
RECIPE = """\
task: text-classification
source: {kind: local, path: good}
evaluation: {inputs: [fine], views: [native], expect: [{column: label, regex: NEGATIVE|POSITIVE}]}
"""


@pytest.fixture
def folders(workspace: Path) -> Path:
    """A model that passes, one that fails its proof, and one whose weights are another model's."""
    classifier(workspace / "good")
    classifier(workspace / "unexpected", labels=("spam", "ham"))
    classifier(workspace / "broken")
    config = workspace / "broken" / "config.json"
    values = json.loads(config.read_text())
    values["hidden_size"] *= 2
    config.write_text(json.dumps(values))
    (workspace / "case.yaml").write_text(RECIPE)
    return workspace


def sweep(cli: Cli, *paths: str) -> Outcome:
    """Sweep over sources."""
    points = f"source.path={','.join(paths)}"
    return cli("-m", "+recipe=case.yaml", points, "tracking.uri=null", "--output", "json")


def test_a_sweep_with_points_that_fail_runs_every_point_and_ends_as_the_gravest(
    cli: Cli, folders: Path
) -> None:
    done = sweep(cli, "unexpected", "broken", "good")
    assert done.code == Exit.OUTSIDE_FAILED, done.stderr
    unexpected, broken, good = done.document["runs"]
    assert [unexpected["verdict"], good["verdict"]] == ["failed", "passed"]
    assert broken["error"]["code"] == "source-failed"
    assert "do not fit its config.json" in broken["error"]["message"]
    kept = {p.parent.name: json.loads(p.read_text()) for p in folders.rglob("record.json")}
    assert set(kept) == {f"source.path={n}" for n in ("unexpected", "broken", "good")}
    assert kept["source.path=broken"]["failure"]["step"] == "load"
    assert not kept["source.path=broken"]["model"]
    failed = [c for c in kept["source.path=unexpected"]["checks"] if c["outcome"] == "failed"]
    assert [check["name"] for check in failed] == ["expect[0]"]
    assert kept["source.path=good"]["failure"] is None
    assert (folders / "multirun/case/source.path=good/model/MLmodel").is_file()
    swept = read_sweep(folders / "multirun/case/sweep.json")
    assert swept
    assert swept.ended
    ends = [(point.values["source.path"], point.exit) for point in swept.points]
    assert ends == [("unexpected", 1), ("broken", 3), ("good", 0)]


def test_a_sweep_of_models_that_fail_their_proof_and_pass_ends_with_1(
    cli: Cli, folders: Path
) -> None:
    assert sweep(cli, "unexpected", "good").code == Exit.GATE_FAILED


def test_a_broken_checkpoint_says_the_same_in_run_plan_and_rehearse(
    cli: Cli, folders: Path
) -> None:
    asked = ("+recipe=case.yaml", "source.path=broken", "tracking.uri=null", "--output", "json")
    said = [cli(*verb, *asked) for verb in ((), ("plan",), ("rehearse",))]
    assert [one.code for one in said] == [Exit.OUTSIDE_FAILED] * 3
    messages = {(one.document.get("error") or one.document)["message"] for one in said}
    assert len(messages) == 1


def test_the_shipped_sweep_runs_and_its_record_says_how_it_went(cli: Cli, workspace: Path) -> None:
    asked = ("-m", "+sweep=text-generation/precision", "evaluation.views=[native]")
    done = cli(*asked, "tracking.uri=null", "--output", "json")
    assert done.code == Exit.DONE, done.stderr
    assert [run["dtype"] for run in done.document["runs"]] == ["float32"] * 3 + ["bfloat16"] * 2
    around = workspace / "multirun/text-generation/scratch"
    swept = read_sweep(around / "text-generation--precision.sweep.json")
    assert swept
    assert swept.varies == ["dtype", "params.max_new_tokens"]
    (baseline,) = (point for point in swept.points if point.name == swept.baseline)
    assert baseline.values == {"dtype": "float32", "params.max_new_tokens": 8}
    for point, run in zip(swept.points, done.document["runs"], strict=True):
        assert (around / point.folder / "record.json").is_file()
        assert (point.digest, point.exit) == (run["digest"], Exit.DONE)
    assert cli(*asked, "--status").stdout.endswith("5 done\n")


TEN = """\
recipe: case
points:
- {source.path: ../broken}
- {evaluation.seed: 1}
- {evaluation.seed: 2}
- {evaluation.seed: 3}
- {evaluation.seed: 4}
- {evaluation.seed: 5}
- {evaluation.seed: 6}
- {evaluation.seed: 7}
- {evaluation.seed: 8}
"""


def test_of_ten_points_an_invalid_one_stops_all_and_a_broken_one_none(
    cli: Cli, folders: Path
) -> None:
    for name in ("recipes", "sweeps"):
        (folders / name).mkdir()
    recipe = RECIPE.replace("path: good", "path: ../good")
    (folders / "recipes/case.yaml").write_text(recipe)
    file = folders / "sweeps/ten.yaml"
    asked = ("-m", "+sweep=ten", "tracking.uri=null", "--output", "json")
    file.write_text(TEN + "- {dtype: float7}\n")
    refused = cli(*asked)
    assert refused.code == Exit.WRONG_INPUT
    (finding,) = refused.document["findings"]
    assert (finding["file"], finding["line"]) == ("sweeps/ten.yaml", 12)
    assert not (folders / "multirun").exists()
    file.write_text(TEN + "- {evaluation.seed: 9}\n")
    done = cli(*asked)
    assert done.code == Exit.OUTSIDE_FAILED, done.stderr
    broken, *others = done.document["runs"]
    assert "do not fit its config.json" in broken["error"]["message"]
    assert [run["verdict"] for run in others] == ["passed"] * 9
    assert done.stderr.count("error[source-failed] source.path=") == 1
