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
from mlflow.exceptions import MlflowException
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


SEVERAL = {
    "default": "{% for one in messages %}At length, {{ one['content'] }} {% endfor %}",
    "brief": "{% for one in messages %}{{ word or 'Say' }}: {{ one['content'] }}{% endfor %}",
    "other": "{{ messages[0]['content'] }}, please.",
}
BRIEF = {"load": {"tokenizer": {"chat_template": "brief"}}}


def dated(folder: Path, template: Any = DATED) -> Path:
    causal_lm(folder, initializer_range=1.0)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "chat_template": template}))
    return folder


def several(folder: Path, form: str) -> Path:
    """A checkpoint with a default template and one that is called brief."""
    if form == "without a default":
        said = [{"name": name, "template": SEVERAL[name]} for name in ("brief", "other")]
        return dated(folder, said)
    if form == "listed":
        return dated(folder, [{"name": name, "template": SEVERAL[name]} for name in SEVERAL])
    dated(folder, "of an older file: {{ messages }}")
    (folder / "chat_template.jinja").write_text(SEVERAL["default"])
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "brief.jinja").write_text(SEVERAL["brief"])
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


def native(folder: Path, **told: Any) -> list[str]:
    """Ask the pipeline of transformers as a chat, one text at a time."""
    answer: Any = pipeline("text-generation", model=str(folder))
    given = ([{"role": "user", "content": text}] for text in TEXTS)
    asked = {**SHORT, "return_full_text": False, "tokenizer_encode_kwargs": told}
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


@pytest.mark.parametrize(
    ("form", "recipe", "told"),
    [
        ("listed", {}, {}),
        ("in files", {}, {}),
        ("in files", BRIEF, {"chat_template": "brief"}),
        ("without a default", BRIEF, {"chat_template": "brief"}),
    ],
)
def test_of_several_templates_the_default_counts_or_the_one_that_is_named(
    cli: Cli, workspace: Path, form: str, recipe: dict[str, Any], told: dict[str, Any]
) -> None:
    folder = several(workspace / "source", form)
    model = packaged(cli, folder, "conversational", **recipe)
    assert mlflow.pyfunc.load_model(str(model)).predict(TEXTS) == native(folder, **told)


def test_a_template_is_told_what_model_config_says_to_it(cli: Cli, workspace: Path) -> None:
    folder = several(workspace / "source", "in files")
    told = {"chat_template": "brief", "word": "Tell me"}
    config = {**SHORT, "tokenizer_encode_kwargs": told}
    model = packaged(cli, folder, "conversational", model_config=config)
    loaded: Any = mlflow.pyfunc.load_model(str(model))
    assert loaded.predict(TEXTS) == native(folder, **told) != native(folder)
    assert "".join(loaded.predict_stream(TEXTS[0])).strip() == native(folder, **told)[0]
    other = {**config, "tokenizer_encode_kwargs": {"truncation": True}}
    with pytest.raises(MlflowException, match="truncation: not taken where a chat template"):
        mlflow.pyfunc.load_model(str(model), model_config=other).predict(TEXTS)
    chat = packaged(cli, folder, "llm/v1/chat", model_config=config, evaluation={"views": []})
    asked = {"messages": [{"role": "user", "content": TEXTS[0]}], "max_tokens": 8}
    (answer,) = mlflow.pyfunc.load_model(str(chat)).predict(asked)
    assert answer["choices"][0]["message"]["content"].strip() == native(folder, **told)[0]


def test_a_name_that_no_template_has_is_refused_with_those_there_are(
    cli: Cli, workspace: Path
) -> None:
    folder = several(workspace / "source", "listed")
    recipe: dict[str, Any] = {
        "task": "conversational",
        "source": {"kind": "local", "path": str(folder)},
        "load": {"tokenizer": {"chat_template": "breif"}},
    }
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("plan", "+recipe=case.yaml")
    assert done.code == 3
    said = " ".join(done.stderr.split())
    assert "no chat template that is called breif: it has default, brief" in said
    assert "Did you mean `brief`?" in said
