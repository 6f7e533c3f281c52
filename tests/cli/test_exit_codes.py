"""What each verb ends with: 0, a gate failed 1, wrong input 2, the outside failed 3, a defect 4."""

from asyncio import CancelledError
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.cli.verb import verb_names
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
BASE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
FILES = {
    "good": BASE + "model_config: {max_new_tokens: 2}\nevaluation: {views: [native]}\n",
    "wrong": BASE + "dtpe: float16\n",
    "gated": BASE + "evaluation: {views: [native], expect: [{equals: never}]}\n",
    "absent": "task: fill-mask\nsource: {kind: hub, repo: org/absent}\n",
}
"""Recipes by name; ``absent`` needs a hub, and there is no network."""
CASES = [
    ("clean --failed", 0),
    ("clean", 2),
    ("clean nowhere --failed", 3),
    ("completion bash", 0),
    ("completion fsh", 2),
    ("doctor good tracking.uri=null", 0),
    ("doctor goood", 2),
    ("doctor good tracking.uri=sqlite:///no/such/folder/x.db", 3),
    ("lock good", 0),
    ("lock good --check", 1),
    ("lock wrong", 2),
    ("lock absent", 3),
    ("ls", 0),
    ("evaluate nowhere +recipe=good tracking.uri=null", 3),
    ("evaluate nowhere +recipe=wrong", 2),
    ("ls --output yaml", 2),
    ("new fill-mask mine", 0),
    ("new fill-msk mine", 2),
    ("persist nowhere", 3),
    ("persist", 2),
    ("plan +recipe=good", 0),
    ("plan +recipe=wrong", 2),
    ("plan +recipe=absent", 3),
    ("predict nowhere --data recipes/good.yaml --out answers.csv", 3),
    ("predict nowhere --out answers.csv", 2),
    ("predict nowhere --data rows.csv --out answers.doc", 2),
    ("promote nowhere", 3),
    ("promote", 2),
    ("rehearse +recipe=good", 0),
    ("rehearse +recipe=wrong", 2),
    ("rehearse +recipe=absent", 3),
    ("report nowhere", 3),
    ("report", 2),
    ("review HEAD", 2),
    ("review", 2),
    ("run +recipe=good tracking.uri=null", 0),
    ("run +recipe=gated tracking.uri=null", 1),
    ("run +recipe=wrong tracking.uri=null", 2),
    ("run +recipe=absent tracking.uri=null", 3),
    ("runs", 0),
    ("runs nowhere", 3),
    ("schema", 0),
    ("schema --all", 2),
    ("serve nowhere", 3),
    ("serve nowhere --port 70000", 2),
    ("show +recipe=good", 0),
    ("show +recipe=wrong", 2),
    ("validate good", 0),
    ("verify nowhere", 3),
    ("verify", 2),
    ("validate wrong", 2),
]


@pytest.fixture
def recipes(workspace: Path) -> None:
    """The recipes, in the working directory."""
    folder = workspace / "recipes"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.yaml").write_text(text)


@pytest.mark.parametrize(("line", "code"), CASES, ids=[line for line, _ in CASES])
def test_a_verb_ends_with_its_exit_code(cli: Cli, recipes: None, line: str, code: int) -> None:
    done = cli(*line.split())
    assert done.code == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert code == 0 or done.stdout + done.stderr, "it says why"


def test_the_table_has_every_verb() -> None:
    assert {line.split()[0] for line, _ in CASES} == set(verb_names())


@pytest.mark.parametrize("verb", verb_names())
def test_a_defect_ends_every_verb_with_4(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def broken(_: object) -> int:
        return 1 // 0

    monkeypatch.setattr(f"runner.cli.verbs.{verb}.execute", broken)
    line = next(
        line for line, code in CASES if line.split()[0] == verb and (code != 2 or " " in line)
    )
    done = cli(*line.split())
    assert done.code == 4
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("left", [SystemExit(0), SystemExit("done"), CancelledError()])
def test_what_would_end_the_process_is_no_success(
    cli: Cli, recipes: None, monkeypatch: pytest.MonkeyPatch, left: BaseException
) -> None:
    def leaving(_: object) -> int:
        raise left

    monkeypatch.setattr("runner.cli.verbs.ls.execute", leaving)
    done = cli("ls")
    assert done.code == 3
    assert type(left).__name__ in done.stderr
