"""Secrets that are planted wherever a verb could pick them up are in nothing that it leaves."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import Outcome

Cli = Callable[..., Outcome]
PASSWORD, SIGNATURE, TOKEN = "planted+pass", "planted%2Fsig", "hf_plantedPlantedPlanted01"
VARIABLES = {
    "HF_TOKEN": TOKEN,
    "MLFLOW_TRACKING_PASSWORD": 'planted "quoted" key',
    "SOME_API_KEY": "planted-key-0001",
    "RECIPE_RUNNER_SIGNING_PASSWORD": "planted-phrase-1",
}
SERVER = f"http://user:{PASSWORD}@127.0.0.1:9"
SAID = f"https://user:{PASSWORD}@host/x?sig={SIGNATURE} {' '.join(VARIABLES.values())}"
QUOTED = [json.dumps(value)[1:-1] for value in VARIABLES.values()]
SECRETS = {PASSWORD, SIGNATURE, *VARIABLES.values(), *QUOTED}
RECIPE = {
    "description": SAID,
    "task": "text-classification",
    "source": {"kind": "scratch", "architecture": "bert"},
    "evaluation": {
        "views": ["native"],
        "inputs": [SAID],
        "expect": [{"contains": "LABEL"}],
        "dataset": {"path": "rows.csv", "target": "label"},
        "metrics": ["accuracy"],
        "gates": {"accuracy": ">= 0"},
    },
    "tracking": {"register_as": "mine", "tags": {"from": SAID}},
}


def found_in(texts: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(name, one) for name, text in texts.items() for one in SECRETS if one.encode() in text]


def kept(folder: Path) -> dict[str, bytes]:
    """Read all that was left: files, and the names of files and links."""
    around = [file for file in folder.rglob("*") if file.name not in ("mine.yaml", "rows.csv")]
    files = {str(file): file.read_bytes() for file in around if file.is_file()}
    return files | {"names": "\n".join(map(str, around)).encode()}


def test_no_planted_secret_is_left_by_any_verb(
    cli: Cli,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    Path("mine.yaml").write_text(yaml.safe_dump(RECIPE))
    Path("rows.csv").write_text("text,label\nGood,LABEL_0\nBad,LABEL_1\nOdd,LABEL_0\n")
    recipe, local = "+recipe=mine.yaml", "tracking.uri=sqlite:///mlflow.db"
    server, nowhere = f"tracking.uri='{SERVER}'", ("--tracking-uri", SERVER)
    model = "outputs/mine/default/model"
    predicting = ("predict", model, "--data", "rows.csv", "--out", "answers.csv")
    elsewhere = (*predicting[2:4], "--out", "elsewhere.csv")
    done = {
        "validate": cli("validate", "mine.yaml"),
        "plan": cli("plan", recipe, local),
        "show": cli("show", recipe, server),
        "run": cli(recipe, local, "--output", "json"),
        "again": cli(recipe, local),
        "sweep": cli("-m", recipe, local, "dtype=float32,float16", "out=swept"),
        "evaluate": cli("evaluate", model, recipe, local, "out=evaluated"),
        "predict": cli(*predicting),
        "report": cli("report", "outputs", "swept", "--out", "compared.html"),
        "runs": cli("runs", "--output", "json"),
        "verify": cli("verify", "outputs/mine/default"),
        "promote": cli("promote", "outputs/mine/default", "--tracking-uri", "sqlite:///mlflow.db"),
        "serve": cli("serve", model, "--port", "0", "--check"),
        "doctor": cli("doctor", recipe, server),
        "run, no server": cli(recipe, server, "out=other"),
        "sweep, no server": cli("-m", recipe, server, "dtype=float32,float16", "out=others"),
        "evaluate, no server": cli("evaluate", "models:/mine/1", recipe, server),
        "predict, no server": cli("predict", "models:/mine/1", *elsewhere, *nowhere),
        "verify, no server": cli("verify", "models:/mine/1", *nowhere),
        "promote, no server": cli("promote", "outputs/mine/default", *nowhere),
        "serve, no server": cli("serve", "models:/mine/1", *nowhere),
        "clean": cli("clean", "--failed", "--yes"),
    }  # fmt: skip
    codes = {verb: one.code for verb, one in done.items()}
    assert {verb: code for verb, code in codes.items() if code == 4} == {}
    fine = ("run", "again", "sweep", "evaluate", "predict", "report", "verify", "promote", "serve")
    assert {verb: codes[verb] for verb in fine} == dict.fromkeys(fine, 0), done
    alone = [verb for verb in codes if "no server" in verb]
    assert {verb: codes[verb] for verb in alone} == dict.fromkeys(alone, 3), done
    printed = {verb: f"{one.stdout}{one.stderr}".encode() for verb, one in done.items()}
    assert "secret-in-recipe" in done["validate"].stdout
    left = kept(workspace) | kept(temporary)
    assert any(name.endswith("mlflow.db") for name in left)
    assert any(name.endswith("report.html") for name in left)
    assert len(left) > 60
    assert found_in(printed) == []
    assert found_in(left) == []


def test_an_example_with_a_token_is_in_the_model_alone_and_validate_says_so(
    cli: Cli, workspace: Path
) -> None:
    recipe = {**RECIPE, "input_example": f"My token is {TOKEN}.", "evaluation": {"views": []}}
    del recipe["description"], recipe["tracking"]
    Path("mine.yaml").write_text(yaml.safe_dump(recipe))
    told = cli("validate", "mine.yaml", "--format", "json").document
    assert [(one["code"], one["severity"]) for one in told["findings"]] == [
        ("secret-in-recipe", "warning")
    ]
    assert "`input_example`" in told["findings"][0]["message"]
    assert cli("+recipe=mine.yaml", "tracking.uri=null").code == 0
    left = {name: text for name, text in kept(workspace).items() if TOKEN.encode() in text}
    assert left
    assert all("/default/model/" in name for name in left)
    assert os.environ.get("HF_TOKEN") != TOKEN
