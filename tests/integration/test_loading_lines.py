"""The lines that a run ends in load the model anywhere, and get an answer from it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runner.evaluation.inputs import sample_file
from tests.conftest import Outcome
from tests.forked import start

Cli = Callable[..., Outcome]
HEADING = "Load it anywhere MLflow and transformers are:\n"


def predicted(stderr: str, folder: Path) -> str:
    """What the printed lines print, in a process that does not know the runner."""
    lines = stderr.partition(HEADING)[2]
    done = start(f"import sys; sys.modules['runner'] = None\n{lines}", folder).end()
    assert done.code == 0, f"{lines}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(
    ("task", "sign"),
    [
        ("text-generation", "["),
        ("image-classification", "score"),
        ("visual-question-answering", "["),
        ("automatic-speech-recognition", "["),
        ("llm-v1-chat", "choices"),
    ],
)
def test_the_lines_predict(cli: Cli, workspace: Path, task: str, sign: str) -> None:
    done = cli(f"+recipe={task}/scratch", "tracking.uri=null", "evaluation.views=[pyfunc]")
    assert done.code == 0, done.stderr
    assert sign in predicted(done.stderr, workspace)


@pytest.mark.parametrize(
    "signed",
    [
        {"input_type": "array"},
        {"signature": {"inputs": [{"type": "binary", "name": "audio"}]}},
        {
            "signature": {
                "inputs": [{"type": "array", "items": {"type": "double"}, "name": "audio"}]
            }
        },
        {
            "signature": {
                "inputs": [
                    {"type": "tensor", "dtype": "float64", "shape": [-1, -1], "name": "audio"}
                ]
            }
        },
    ],
    ids=str,
)
def test_the_lines_give_a_recording_as_it_is_signed(
    cli: Cli, workspace: Path, signed: dict[str, object]
) -> None:
    base = {"defaults": ["/recipe/automatic-speech-recognition/scratch", "_self_"]}
    (workspace / "case.yaml").write_text(yaml.safe_dump({**base, **signed}))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr
    assert predicted(done.stderr, workspace).startswith("[")


@pytest.mark.parametrize(
    ("task", "media"), [("image-to-text", "image"), ("audio-classification", "audio")]
)
def test_a_file_of_the_recipe_is_asked_about(
    cli: Cli, workspace: Path, task: str, media: str
) -> None:
    recipe = workspace / "recipes" / "own.yaml"
    recipe.parent.mkdir()
    file = sample_file(recipe.parent, "image" if media == "image" else "audio")
    text = f"defaults: [/recipe/{task}/scratch, _self_]\nevaluation: {{inputs: [{file.name}]}}\n"
    recipe.write_text(text)
    done = cli("run", "own", "tracking.uri=null", "evaluation.views=[pyfunc]")
    assert done.code == 0, done.stderr
    assert str(file) in done.stderr.partition(HEADING)[2]
    elsewhere = workspace / "elsewhere"
    elsewhere.mkdir()
    assert predicted(done.stderr, elsewhere)
    assert list(elsewhere.iterdir()) == []


def test_a_model_that_failed_its_proof_is_not_recommended(cli: Cli) -> None:
    never = "evaluation.expect=[{equals: never}]"
    done = cli("+recipe=text-generation/scratch", "tracking.uri=null", never)
    assert done.code == 1
    assert "Load it anywhere" not in done.stderr
