"""Languages that are tokens: those that a model knows reach it, others are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import yaml
from mlflow.exceptions import MlflowException
from transformers import AutoModelForSeq2SeqLM, MBart50TokenizerFast, NllbTokenizerFast, pipeline

from runner.pyfunc.languages import languages_of
from tests.checkpoints import build
from tests.conftest import Outcome
from tests.pyfunc.test_requests import serving

Cli = Callable[..., Outcome]
TEXTS = ["My dog eats.", "The weather is wonderful today, is it not?"]
SHORT = {"max_new_tokens": 6, "do_sample": False, "num_beams": 1}
HERE = {"nllb": ("eng_Latn", "fra_Latn"), "mbart50": ("en_XX", "fr_XX"), "m2m": ("en", "fr")}


def checkpoint(folder: Path, kind: str) -> Path:
    """Make a small random model whose tokenizer knows languages by tokens."""
    architecture = "mbart" if kind == "mbart50" else "m2m_100"
    build(folder, "translation", architecture, {"init_std": 1.0})
    made = {"nllb": NllbTokenizerFast, "mbart50": MBart50TokenizerFast}
    tokenizer = (
        _m2m(folder) if kind == "m2m" else made[kind](tokenizer_file=str(folder / "tokenizer.json"))
    )
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    size = max(languages_of(tokenizer).values()) + 1
    model.resize_token_embeddings(size, mean_resizing=False)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _m2m(folder: Path) -> Any:
    """Make M2M100's tokenizer, which only sentencepiece can read."""
    sentencepiece = pytest.importorskip("sentencepiece")
    from transformers import M2M100Tokenizer

    text = folder / "text.txt"
    text.write_text("\n".join(TEXTS * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "spm"), vocab_size=28, minloglevel=2
    )
    made = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    words = ["<s>", "<pad>", "</s>", "<unk>"]
    words += [w for w in map(made.id_to_piece, range(len(made))) if w not in words]
    (folder / "words.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).unlink()
    return M2M100Tokenizer(str(folder / "words.json"), str(folder / "spm.model"))


def recipe(folder: Path, task: str = "translation", **more: Any) -> dict[str, Any]:
    config = {**SHORT, **more.pop("model_config", {})}
    source = {"kind": "local", "path": str(folder)}
    whole = {"task": task, "source": source, "model_config": config}
    return {**whole, "evaluation": {"inputs": TEXTS, "views": ["native", "pyfunc"]}, **more}


def packaged(cli: Cli, folder: Path, **more: Any) -> Any:
    Path("case.yaml").write_text(yaml.safe_dump(recipe(folder, **more)))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr
    return mlflow.pyfunc.load_model("outputs/case/default/model")


def refused(cli: Cli, folder: Path, **more: Any) -> str:
    """Give what a plan and a run say of a recipe, the same, as they end with 3."""
    Path("case.yaml").write_text(yaml.safe_dump(recipe(folder, **more)))
    planned = cli("plan", "+recipe=case.yaml")
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert (planned.code, done.code) == (3, 3), planned.stderr + done.stderr
    return " ".join(done.stderr.split())


def native(folder: Path, source: str, target: str) -> list[str]:
    translate: Any = pipeline("translation", model=str(folder))
    asked = {"src_lang": source, "tgt_lang": target, **SHORT}
    return [translate(text, **asked)[0]["translation_text"].strip() for text in TEXTS]


@pytest.mark.parametrize("kind", HERE)
def test_known_languages_reach_the_model(cli: Cli, workspace: Path, kind: str) -> None:
    folder = checkpoint(workspace / "source", kind)
    source, target = HERE[kind]
    languages = {"src_lang": source, "tgt_lang": target}
    there, back = native(folder, source, target), native(folder, target, source)
    assert there != back
    model = packaged(cli, folder, params=languages)
    assert model.predict(TEXTS) == there
    assert model.predict(TEXTS, params={"src_lang": target, "tgt_lang": source}) == back
    assert model.predict(TEXTS) == there  # a call leaves nothing behind
    assert packaged(cli, folder, model_config=languages).predict(TEXTS) == there
    for wrong in ("french", "xx", "__fr__", "<unk>", ""):
        with pytest.raises(MlflowException, match=f"tgt_lang '{wrong}' is not known") as caught:
            model.predict(TEXTS, params={"tgt_lang": wrong})
        assert caught.value.get_http_status_code() == 400
    said = str(caught.value)
    server = serving(model)
    ask = next(server)
    asked = {"inputs": TEXTS[:1], "params": {"tgt_lang": target}}
    assert ask(json.dumps(asked))[1] == {"predictions": there[:1]}
    status, answer = ask(json.dumps({**asked, "params": {"tgt_lang": "french"}}))
    assert status == 400
    assert "is not known" in answer
    next(server, None)
    assert target in refused(cli, folder, model_config={**languages, "tgt_lang": "french"}), said
    assert "recipe names none" in refused(cli, folder)
    assert "recipe names none" in refused(cli, folder, model_config={"tgt_lang": target})


def test_the_name_of_a_task_names_languages_or_is_refused(cli: Cli, workspace: Path) -> None:
    nllb = checkpoint(workspace / "nllb", "nllb")
    said = refused(cli, nllb, task="translation_en_to_fr")
    assert "`task`" in said
    assert "src_lang 'en' is not known, eng_Latn" in said
    languages = {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}
    model = packaged(cli, nllb, task="translation_en_to_fr", model_config=languages)
    assert model.predict(TEXTS) == native(nllb, "eng_Latn", "fra_Latn")


def test_the_name_of_a_task_reaches_a_model_that_has_such_names(cli: Cli, workspace: Path) -> None:
    folder = checkpoint(workspace / "source", "m2m")
    model = packaged(cli, folder, task="translation_fr_to_en")
    assert model.predict(TEXTS) == native(folder, "fr", "en")


@pytest.mark.parametrize("architecture", ["t5", "bart", "marian"])
def test_a_model_without_languages_refuses_them(
    cli: Cli, workspace: Path, architecture: str
) -> None:
    folder = build(workspace / "source", "translation", architecture, {})
    null = {"type": "string", "default": None}
    model = packaged(cli, folder, params={"src_lang": null, "tgt_lang": null})
    assert len(model.predict(TEXTS)) == 2
    with pytest.raises(MlflowException, match="tgt_lang is not taken, the model knows no") as error:
        model.predict(TEXTS, params={"tgt_lang": "fr"})
    assert error.value.get_http_status_code() == 400
    assert "knows no languages" in refused(cli, folder, model_config={"src_lang": "en"})
    assert "knows no languages" in refused(cli, folder, params={"tgt_lang": "fr"})
    assert len(packaged(cli, folder, task="translation_en_to_fr").predict(TEXTS)) == 2


@pytest.mark.parametrize("task", ["text2text-generation", "summarization"])
def test_tasks_that_may_name_a_language_are_the_same(cli: Cli, workspace: Path, task: str) -> None:
    folder = checkpoint(workspace / "source", "nllb")
    views = {"evaluation": {"inputs": TEXTS, "views": ["pyfunc"]}}
    languages = {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}
    model = packaged(cli, folder, task=task, params=languages, **views)
    assert model.predict(TEXTS) == native(folder, "eng_Latn", "fra_Latn")
    assert "french" in refused(cli, folder, task=task, params={"tgt_lang": "french"}, **views)
