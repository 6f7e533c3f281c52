"""Chat templates that ask for the time get it at each call, and not from when it was packaged."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
import pytest
import transformers.utils.chat_template_utils as clock
import yaml
from transformers import pipeline

from tests.checkpoints import causal_lm
from tests.conftest import Outcome
from tests.pyfunc.test_requests import serving

Cli = Callable[..., Outcome]
TEXTS = ["My dog eats.", "What is MLflow, and who needs it?"]
SHORT = {"max_new_tokens": 8, "do_sample": False}
DATED = (
    "Today is {{ strftime_now('%d %B %Y') }}.\n"
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def dated(folder: Path, template: str = DATED) -> Path:
    causal_lm(folder, initializer_range=1.0)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "chat_template": template}))
    return folder


def on(monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    """Let the clock of chat templates stand in a year."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(year, 5, 17)

    monkeypatch.setattr(clock, "datetime", Stopped)


def packaged(cli: Cli, folder: Path, task: str, **more: Any) -> Path:
    evaluation = {"inputs": TEXTS, "views": ["source", "native", "pyfunc"]}
    source = {"kind": "local", "path": str(folder)}
    recipe = {"task": task, "source": source, "model_config": SHORT, "evaluation": evaluation}
    Path("case.yaml").write_text(yaml.safe_dump({**recipe, **more}))
    done = cli("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    return Path("outputs/case/default/model").absolute()


def native(folder: Path) -> list[str]:
    """Ask the pipeline of transformers as a chat, one text at a time."""
    answer: Any = pipeline("text-generation", model=str(folder))
    given = ([{"role": "user", "content": text}] for text in TEXTS)
    asked = {**SHORT, "return_full_text": False}
    return [answer(one, **asked)[0]["generated_text"].strip() for one in given]


@pytest.mark.parametrize("task", ["conversational", "instructional-text-generation"])
def test_a_model_knows_the_day_on_which_it_is_asked(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    folder = dated(workspace / "source")
    on(monkeypatch, 1999)
    model = packaged(cli, folder, task)
    then = mlflow.pyfunc.load_model(str(model)).predict(TEXTS)
    assert then == native(folder)
    on(monkeypatch, 2031)
    loaded = mlflow.pyfunc.load_model(str(model))
    assert loaded.predict(TEXTS) == native(folder)
    assert loaded.predict(TEXTS) != then
    assert "".join(loaded.predict_stream(TEXTS[0])).strip() == native(folder)[0]
    server = serving(loaded)
    assert next(server)(json.dumps({"inputs": TEXTS}))[1] == {"predictions": native(folder)}
    next(server, None)
    assert "1999" not in (model / "MLmodel").read_text()
    assert "prompt_template" not in (model / "MLmodel").read_text()


def test_a_template_without_a_clock_is_a_prompt_template_as_before(
    cli: Cli, workspace: Path
) -> None:
    folder = dated(workspace / "source", DATED.partition("\n")[2])
    model = packaged(cli, folder, "conversational")
    assert "user: {prompt}" in (model / "MLmodel").read_text()
    assert mlflow.pyfunc.load_model(str(model)).predict(TEXTS) == native(folder)


def test_code_that_would_keep_the_day_is_refused(cli: Cli, workspace: Path) -> None:
    source = {"kind": "local", "path": str(dated(workspace / "source"))}
    recipe = {"task": "conversational", "source": source, "pyfunc": "mlflow"}
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 3
    assert "all answers would have that of packaging" in " ".join(done.stderr.split())


def test_an_inferred_signature_is_of_the_framed_text(cli: Cli, workspace: Path) -> None:
    folder = dated(workspace / "source")
    more = {"signature": "infer", "input_example": TEXTS[0]}
    model = packaged(cli, folder, "conversational", **more)
    assert mlflow.pyfunc.load_model(str(model)).predict(TEXTS) == native(folder)
