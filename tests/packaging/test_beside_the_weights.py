"""What a recipe says of the model beside its weights: a card, metadata, code, its environment."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.recipe.compose import compose
from runner.work.run import run
from tests.conftest import Outcome
from tests.isolated import isolated

Cli = Callable[..., Outcome]
RECIPE: dict[str, Any] = {
    "task": "text-classification",
    "source": {"kind": "scratch", "architecture": "bert"},
    "model_card": "../CARD.md",
    "metadata": {"owner": "search", "reviewed": {"by": "two", "score": 0.5}},
    "code_paths": ["../lib/prepare", "../lib/cleaning.py"],
    "requirements": {
        "extra": ["sentencepiece==0.2.0"],
        "conda": ["ffmpeg=7"],
        "channels": ["conda-forge", "nodefaults"],
    },
    "evaluation": {"views": []},
}
LOADED = """
info = mlflow.models.Model.load({model!r})
native = mlflow.transformers.load_model({model!r})
model = mlflow.pyfunc.load_model({model!r})
import cleaning, prepare.text
conda = mlflow.pyfunc.get_model_dependencies({model!r}, format="conda")
answer([info.metadata["owner"], info.metadata["reviewed"], prepare.text.NAME, cleaning.NAME,
        len(model.predict(["I love it"])), open(conda).read(), cleaning.__file__])
"""


@pytest.fixture
def repository(workspace: Path) -> Path:
    """A repository of one recipe, with code and a card beside it."""
    (workspace / "recipes").mkdir()
    (workspace / "lib" / "prepare" / "__pycache__").mkdir(parents=True)
    (workspace / "lib" / "prepare" / "__init__.py").write_text("")
    (workspace / "lib" / "prepare" / "text.py").write_text("NAME = 'text'\n")
    (workspace / "lib" / "prepare" / "__pycache__" / "text.pyc").write_bytes(b"0")
    (workspace / "lib" / "cleaning.py").write_text("NAME = 'cleaning'\n")
    (workspace / "CARD.md").write_text("---\nlicense: mit\n---\n# Moods\n")
    write(workspace, RECIPE)
    return workspace


def write(workspace: Path, recipe: dict[str, Any]) -> None:
    (workspace / "recipes" / "mine.yaml").write_text(yaml.safe_dump(recipe))


def test_plain_mlflow_finds_all_of_it(repository: Path) -> None:
    record = run(compose(["+recipe=mine", "tracking.uri=null"]), repository / "out", "default")
    model = Path(record.model)
    code = {str(file.relative_to(model / "code")) for file in (model / "code").rglob("*.py")}
    assert {"prepare/__init__.py", "prepare/text.py", "cleaning.py"} <= code
    assert not list(model.rglob("text.pyc"))
    assert "# Moods" in (model / "model_card.md").read_text()
    assert "mit" not in (model / "LICENSE.txt").read_text(), "a card does not license the weights"
    assert "sentencepiece==0.2.0" in (model / "requirements.txt").read_text()
    owner, reviewed, text, cleaning, rows, conda, file = isolated(
        LOADED.format(model=str(model)), repository
    )
    assert (owner, reviewed) == ("search", {"by": "two", "score": 0.5})
    assert (text, cleaning, rows) == ("text", "cleaning", 1)
    assert file.startswith(str(model)), "the code is the model's own copy"
    environment = yaml.safe_load(conda)
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    python, ffmpeg, *_ = environment["dependencies"]
    assert python.startswith("python=")
    assert ffmpeg == "ffmpeg=7"


def test_a_card_can_be_written_in_the_recipe(repository: Path) -> None:
    write(repository, {**RECIPE, "model_card": "# Written here\n\nOn two lines."})
    record = run(compose(["+recipe=mine", "tracking.uri=null"]), repository / "out", "default")
    assert "On two lines." in (Path(record.model) / "model_card.md").read_text()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("code_paths", ["../lib/none.py"], "beside-missing"),
        ("model_card", "../NONE.md", "beside-missing"),
        ("code_paths", ["../.."], "beside-outside"),
        ("code_paths", ["/etc/hostname"], "beside-outside"),
        ("code_paths", ["../lib/linked"], "beside-outside"),
        ("model_card", "../linked.md", "beside-outside"),
        ("code_paths", ["../lib/transformers.py"], "code-name"),
        ("code_paths", ["../lib/json.py"], "code-name"),
        ("code_paths", ["../lib/recipe_pyfunc_v3"], "code-name"),
        ("code_paths", ["../lib/cleaning.py", "../more/cleaning.py"], "code-name"),
        ("metadata", {"inference": 1}, "reserved-metadata"),
        ("metadata", {"mlflow.note": 1}, "reserved-metadata"),
        ("requirements", {"conda": ["ffmpeg; rm"]}, "bad-requirement"),
        ("requirements", {"conda": ["python=3.8"]}, "bad-requirement"),
        ("requirements", {"channels": ["https://user:secret@host/x"]}, "bad-requirement"),
    ],
)
def test_what_cannot_be_shipped_is_a_finding(
    repository: Path, cli: Cli, field: str, value: Any, code: str
) -> None:
    for name in ("transformers.py", "json.py"):
        (repository / "lib" / name).write_text("raise SystemExit('this ran')\n")
    for folder in ("recipe_pyfunc_v3", "linked"):
        (repository / "lib" / folder).mkdir()
    (repository / "more").mkdir()
    (repository / "more" / "cleaning.py").write_text("")
    os.symlink("/etc", repository / "lib" / "linked" / "etc")
    os.symlink("/etc/hostname", repository / "linked.md")
    write(repository, {**RECIPE, field: value})
    done = cli("validate", "recipes/mine.yaml", "--output", "json")
    findings = done.document["findings"]
    found = {finding["code"] for finding in findings if finding["severity"] == "error"}
    assert done.code == 2
    assert found == {code}


def test_a_lock_holds_the_code_and_the_card(repository: Path, cli: Cli) -> None:
    assert cli("lock", "mine").code == 0
    locked = yaml.safe_load((repository / "recipes" / "mine.lock.yaml").read_text())
    assert set(locked["parts"]["code"]["files"]) == {
        "cleaning.py", "prepare/__init__.py", "prepare/text.py"
    }  # fmt: skip
    assert cli("lock", "--check", "mine").code == 0
    (repository / "lib" / "prepare" / "text.py").write_text("NAME = 'other'\n")
    (repository / "CARD.md").write_text("# Others\n")
    done = cli("lock", "--check", "mine")
    assert done.code == 1
    assert "prepare/text.py of the code" in done.stdout
    assert "CARD.md of the model_card" in done.stdout
