"""Checkpoints of sentence-transformers: the vectors are those that it gives itself."""

import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
import yaml
from mlflow.exceptions import MlflowException
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Dropout,
    LayerNorm,
    Normalize,
    Pooling,
    Transformer,
)

from runner.recipe.compose import compose
from runner.work.evaluate import evaluate
from tests.checkpoints import build
from tests.command import alone
from tests.conftest import Outcome
from tests.hub_server import Hub
from tests.isolated import isolated
from tests.pyfunc.test_requests import serving

Cli = Callable[..., Outcome]
TEXTS = [
    "My dog",
    "the weather is wonderful today, and everybody ought to be out in the park by now",
    "MLflow Is Great!",
    "",
]
SIZE = 32
WAYS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")


def checkpoint(folder: Path, *modules: torch.nn.Module, **how: Any) -> Path:
    """Let sentence-transformers save a tiny BERT with modules behind it."""
    of_tokens = {name: how.pop(name) for name in ("max_seq_length", "do_lower_case") if name in how}
    architecture = how.pop("architecture", "bert")
    if not (bare := folder / "bare").is_dir():
        spread = {"t5": "initializer_factor"}.get(architecture, "initializer_range")
        build(bare, "feature-extraction", architecture, {spread: 0.5})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for module in modules:
            for parameter in module.parameters():
                torch.nn.init.normal_(parameter)
    saved = SentenceTransformer(
        modules=[Transformer(str(bare), **of_tokens), *modules], device="cpu", **how
    )
    saved.save(str(folder / "st"), create_model_card=False)
    return folder / "st"


def packaged(cli: Cli, folder: Path, task: str = "feature-extraction", **more: Any) -> Path:
    recipe = {"task": task, "source": {"kind": "local", "path": str(folder)}, **more}
    recipe.setdefault("evaluation", {"views": []})
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr
    return Path.cwd() / "outputs" / "case" / "default"


def vectors(model: Path, texts: Sequence[str] = TEXTS, **params: Any) -> Any:
    """Ask a model of feature-extraction."""
    return mlflow.pyfunc.load_model(str(model / "model")).predict(list(texts), params=params)


def own(folder: Path, texts: Sequence[str] = TEXTS, **how: Any) -> Any:
    """Ask sentence-transformers, one text at a time: what is padded must not matter."""
    model = SentenceTransformer(str(folder), device="cpu")
    return np.stack([model.encode(text, **how) for text in texts])


def same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and np.allclose(one, other, atol=1e-5, rtol=1e-4)


DECLARED: dict[str, tuple[Callable[[], list[torch.nn.Module]], dict[str, Any]]] = {
    **{way: (lambda way=way: [Pooling(SIZE, way)], {}) for way in WAYS},
    "normalised": (lambda: [Pooling(SIZE, "cls"), Normalize()], {}),
    "behind each other": (lambda: [Pooling(SIZE, ("cls", "mean", "max"))], {}),
    "dense": (lambda: [Pooling(SIZE, "mean"), Dense(SIZE, 8)], {}),
    "dense without bias": (
        lambda: [
            Pooling(SIZE),
            Dropout(0.5),
            Dense(SIZE, 16, bias=False, activation_function=torch.nn.Identity()),
            Dense(16, 8, activation_function=torch.nn.GELU()),
            Normalize(),
        ],
        {},
    ),
    "dense on tokens": (
        lambda: [Dense(SIZE, 8, module_input_name="token_embeddings"), Pooling(8, "max")],
        {},
    ),
    "dense on two": (lambda: [Pooling(SIZE, ("mean", "max")), Dense(2 * SIZE, 8)], {}),
    "layer norm": (lambda: [Pooling(SIZE, "lasttoken"), LayerNorm(SIZE)], {}),
    "cut": (lambda: [Pooling(SIZE)], {"max_seq_length": 6}),
    "lower case": (
        lambda: [Pooling(SIZE, "mean")],
        {"do_lower_case": True, "architecture": "gpt2"},
    ),
    "a prompt by default": (
        lambda: [Pooling(SIZE)],
        {"prompts": {"query": "Find this: "}, "default_prompt_name": "query"},
    ),
    "a prompt that is left out": (
        lambda: [Pooling(SIZE, "mean", include_prompt=False), Normalize()],
        {"prompts": {"query": "Find this: "}, "default_prompt_name": "query"},
    ),
    "fewer numbers": (lambda: [Pooling(SIZE), Normalize()], {"truncate_dim": 5}),
    "a decoder": (lambda: [Pooling(SIZE, "lasttoken"), Normalize()], {"architecture": "gpt2"}),
}


@pytest.mark.parametrize("name", DECLARED)
def test_vectors_are_those_of_sentence_transformers(cli: Cli, workspace: Path, name: str) -> None:
    modules, how = DECLARED[name]
    folder = checkpoint(workspace, *modules(), **how)
    texts = [text for text in TEXTS if text or how.get("architecture") != "gpt2"]
    expected = own(folder, texts)
    assert same(vectors(packaged(cli, folder), texts), expected)
    model = packaged(cli, folder, "llm/v1/embeddings")
    reply = mlflow.pyfunc.load_model(str(model / "model")).predict({"input": texts})
    reply = reply[0] if isinstance(reply, list) else reply
    assert same(np.array([one["embedding"] for one in reply["data"]]), expected)


@pytest.mark.parametrize("task", ["feature-extraction", "llm/v1/embeddings"])
def test_every_pooling_has_the_prompt_in_it_or_not(cli: Cli, workspace: Path, task: str) -> None:
    prompts = {"query": "Find this: ", "long": "Find what is meant by these words: "}
    how = {"prompts": prompts, "default_prompt_name": "query"}
    folder = checkpoint(workspace, Pooling(SIZE), Normalize(), **how)
    params = {"prompt_name": {"type": "string", "default": None}}
    model = packaged(cli, folder, task, params=params) / "model"
    texts = TEXTS[:3]
    for way in (*WAYS, ("cls", "mean")):
        for included in (True, False):
            said = {"pooling_mode": way, "include_prompt": included}
            for each in (folder, model / "sentence_transformers"):
                rewritten(each / "1_Pooling" / "config.json", **said)
            theirs = SentenceTransformer(str(folder), device="cpu")
            loaded = mlflow.pyfunc.load_model(str(model))
            for asked in ({}, {"prompt_name": "long"}):
                wanted = np.stack([theirs.encode(text, **asked) for text in texts])
                given: Any = {"input": texts} if task.startswith("llm") else texts
                found = loaded.predict(given, params=asked)
                if task.startswith("llm"):
                    found = np.array([one["embedding"] for one in found["data"]])
                assert same(found, wanted), (said, asked)


def test_the_types_that_a_tokenizer_gives_reach_the_model(cli: Cli, workspace: Path) -> None:
    folder = checkpoint(workspace, Pooling(SIZE))
    file = folder / "tokenizer.json"
    held = json.loads(file.read_text())
    for piece in held["post_processor"]["single"]:
        next(iter(piece.values()))["type_id"] = 1
    file.write_text(json.dumps(held))
    assert same(vectors(packaged(cli, folder)), own(folder))


def test_what_callers_ask_for_is_what_sentence_transformers_takes(
    cli: Cli, workspace: Path
) -> None:
    prompts = {"query": "Find this: ", "passage": "This: "}
    folder = checkpoint(workspace, Pooling(SIZE), Normalize(), prompts=prompts)
    names = ("pooling", "normalize", "prompt_name", "prompt", "truncate_dim")
    kinds = {"normalize": "boolean", "truncate_dim": "long"}
    params = {name: {"type": kinds.get(name, "string"), "default": None} for name in names}
    model = packaged(cli, folder, params=params)
    usual = own(folder)
    assert same(vectors(model), usual)
    for asked in (
        {"prompt_name": "query"},
        {"prompt_name": "passage"},
        {"prompt_name": "document"},  # known to every model, and empty
        {"prompt": "Look for "},
        {"truncate_dim": 4},
    ):
        assert same(vectors(model, **asked), own(folder, **asked)), asked
    short = own(folder, truncate_dim=4, normalize_embeddings=True)
    assert same(vectors(model, truncate_dim=4, normalize=True), short)
    other = checkpoint(workspace, Pooling(SIZE, "max"))
    assert same(vectors(model, pooling="max", normalize=False), own(other))
    assert not same(vectors(model, prompt_name="query"), usual)
    with pytest.raises(MlflowException, match="known are query, document, passage") as caught:
        vectors(model, prompt_name="qery")
    assert caught.value.get_http_status_code() == 400


def test_a_pooling_that_does_not_fit_the_layer_behind_is_refused(cli: Cli, workspace: Path) -> None:
    folder = checkpoint(workspace, Pooling(SIZE, ("cls", "mean")), Dense(2 * SIZE, 8))
    model = packaged(cli, folder, params={"pooling": {"type": "string", "default": None}})
    assert same(vectors(model), own(folder))
    with pytest.raises(MlflowException, match="pooling max gives 32 numbers, and the layer"):
        vectors(model, pooling="max")


def test_files_of_older_versions_say_the_same(cli: Cli, workspace: Path) -> None:
    folder = checkpoint(workspace, Pooling(SIZE, "mean"), Dense(SIZE, 8))
    cut = {"max_seq_length": 6, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(cut))
    expected = own(folder)
    names = ["", "1_Pooling", "2_Dense"]
    types = ["Transformer", "Pooling", "Dense"]
    listed = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(zip(names, types, strict=True))
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    flags = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    pooling = {"word_embedding_dimension": SIZE, **flags}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    stored = folder / "2_Dense" / "model.safetensors"
    from safetensors.torch import load_file

    torch.save(load_file(stored), stored.with_name("pytorch_model.bin"))
    stored.unlink()
    assert same(own(folder), expected)
    done = refused(cli, folder)
    assert "pytorch_model.bin alone" in done.stderr
    assert "allow_pickle: true" in done.stderr
    model = packaged(cli, folder, allow_pickle=True)
    assert same(vectors(model), expected)
    assert not list(model.rglob("*.bin"))


def refused(cli: Cli, folder: Path, **more: Any) -> Outcome:
    """Package what cannot be: plan and run both end with 3 and say the same."""
    recipe = {"task": "feature-extraction", "source": {"kind": "local", "path": str(folder)}}
    Path("case.yaml").write_text(yaml.safe_dump({**recipe, **more}))
    planned = cli("plan", "+recipe=case.yaml")
    done = cli("+recipe=case.yaml", "tracking.uri=null")
    assert (planned.code, done.code) == (3, 3), planned.stderr + done.stderr
    assert not Path("outputs/case/default/model").exists()
    return done


def rewritten(file: Path, **values: Any) -> None:
    held = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps({**held, **values}))


def rewritten_at(file: str, name: str, value: Any, folder: Path) -> None:
    rewritten(folder / file, **{name: value})


def renamed(folder: Path, number: int, kind: str) -> None:
    file = folder / "modules.json"
    listed = json.loads(file.read_text())
    listed[number]["type"] = kind
    file.write_text(json.dumps(listed))


UNKNOWN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a module": (
        lambda folder: renamed(folder, 1, "sentence_transformers.models.CNN"),
        "names the module sentence_transformers.models.CNN",
    ),
    "code of its own": (
        lambda folder: renamed(folder, 1, "modeling_mine.Pooling"),
        "names the module modeling_mine.Pooling",
    ),
    "no transformer": (
        lambda folder: renamed(folder, 0, "sentence_transformers.models.StaticEmbedding"),
        "begins with sentence_transformers.models.StaticEmbedding",
    ),
    "a pooling": (
        lambda folder: rewritten(folder / "1_Pooling/config.json", pooling_mode="median"),
        "pools by 'median'",
    ),
    "an option of pooling": (
        lambda folder: rewritten(folder / "1_Pooling/config.json", window=3),
        "says window, which Pooling has not",
    ),
    "an activation": (
        lambda folder: rewritten(folder / "2_Dense/config.json", activation_function="os.system"),
        "has the activation os.system",
    ),
    "an option of the model": (
        lambda folder: rewritten(folder / "sentence_bert_config.json", model_args={"a": 1}),
        "says model_args, which is not known",
    ),
    "messages": (
        lambda folder: rewritten(
            folder / "sentence_bert_config.json",
            modality_config={"message": {}},
        ),
        "has texts go another way",
    ),
    "another kind of model": (
        lambda folder: rewritten(
            folder / "config_sentence_transformers.json", model_type="SparseEncoder"
        ),
        "says that it is a SparseEncoder",
    ),
    "a folder that is not there": (
        lambda folder: shutil.rmtree(folder / "1_Pooling"),
        "1_Pooling/config.json, which modules.json needs, is missing",
    ),
    "a list that is none": (
        lambda folder: (folder / "modules.json").write_text("{}") and None,
        "modules.json is no list",
    ),
    "sizes": (
        lambda folder: rewritten(folder / "2_Dense/config.json", in_features=31),
        "takes vectors of 31 numbers, and gets some of 32",
    ),
    "weights": (
        lambda folder: rewritten(folder / "2_Dense/config.json", out_features=9),
        "linear.weight [8, 32], and linear.bias [9]",
    ),
    "a list nested without end": (
        lambda folder: (folder / "modules.json").write_text("[" * 100_000) and None,
        "modules.json cannot be read",
    ),
    **{
        f"{name}: {value!r}": (
            partial(rewritten_at, file, name, value),
            f"says {name}: {json.dumps(value)}, which cannot be",
        )
        for file, name, value in (
            ("1_Pooling/config.json", "word_embedding_dimension", "x"),
            ("1_Pooling/config.json", "pooling_mode", 3),
            ("2_Dense/config.json", "in_features", 0),
            ("2_Dense/config.json", "out_features", True),
            ("sentence_bert_config.json", "max_seq_length", -1),
            ("sentence_bert_config.json", "max_seq_length", "512"),
            ("sentence_bert_config.json", "modality_config", []),
            ("config_sentence_transformers.json", "truncate_dim", "8"),
            ("config_sentence_transformers.json", "prompts", ["query"]),
        )
    },
}


def test_what_is_not_known_is_refused_and_not_left_out(cli: Cli, workspace: Path) -> None:
    whole = checkpoint(workspace, Pooling(SIZE), Dense(SIZE, 8))
    for name, (change, said) in UNKNOWN.items():
        folder = workspace / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        change(folder)
        done = refused(cli, folder)
        assert said in " ".join(done.stderr.split()), (name, done.stderr)


def test_a_prompt_that_is_not_declared_is_refused_before_the_run(cli: Cli, workspace: Path) -> None:
    folder = checkpoint(workspace, Pooling(SIZE), prompts={"query": "q: ", "passage": "p: "})
    done = refused(cli, folder, model_config={"prompt_name": "passages"})
    assert "Did you mean `passage`? It declares query, document, passage." in done.stderr
    bare = refused(cli, workspace / "bare", params={"prompt_name": "query"})
    assert "It declares no prompts." in bare.stderr
    model = packaged(cli, folder, model_config={"prompt_name": "passage"})
    assert same(vectors(model), own(folder, prompt_name="passage"))


def test_the_declaration_travels_is_told_and_can_be_packaged_again(
    cli: Cli, workspace: Path
) -> None:
    folder = checkpoint(workspace, Pooling(SIZE, "cls"), Dense(SIZE, 8), Normalize())
    rewritten(folder / "sentence_bert_config.json", max_seq_length=9)
    expected = own(folder)
    evaluation = {"inputs": TEXTS[:2], "views": ["native", "pyfunc", "server"]}
    first = packaged(cli, folder, evaluation=evaluation)
    words = "cls pooling, dense 32 to 8 (Tanh), normalised, 9 tokens at most"
    assert json.loads((first / "record.json").read_text())["vectors"] == words
    assert f"{words} (sentence-transformers)" in cli("plan", "+recipe=case.yaml").stdout
    asked = f"mlflow.pyfunc.load_model({str(first / 'model')!r}).predict({TEXTS!r})"
    assert same(np.array(isolated(f"answer({asked})", workspace)), expected)
    native = mlflow.transformers.load_model(str(first / "model"))
    assert np.array(native(TEXTS[0])).shape[-1] == SIZE  # of hidden states, nothing behind it
    shutil.copytree(first / "model", workspace / "again")
    recipe = {
        "task": "feature-extraction",
        "source": {"kind": "mlflow", "uri": "again"},
        "evaluation": {"views": []},
    }
    Path("second.yaml").write_text(yaml.safe_dump(recipe))
    assert cli("+recipe=second.yaml", "tracking.uri=null").code == 0
    assert same(vectors(Path("outputs/second/default")), expected)


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_the_modules_run_in_the_dtype_of_the_model(cli: Cli, workspace: Path, dtype: str) -> None:
    folder = checkpoint(workspace, Pooling(SIZE), Dense(SIZE, 8))
    kinds = {"dtype": getattr(torch, dtype)}
    theirs = SentenceTransformer(str(folder), device="cpu", model_kwargs=kinds)
    model = packaged(cli, folder, dtype=dtype)
    for text in TEXTS:
        assert np.allclose(vectors(model, [text])[0], theirs.encode(text), atol=1e-3)


def test_an_encoder_of_t5_is_packaged_alone(cli: Cli, workspace: Path) -> None:
    folder = checkpoint(workspace, Pooling(SIZE), Normalize(), architecture="t5")
    assert same(vectors(packaged(cli, folder)), own(folder))


def test_a_rehearsal_makes_modules_that_fit_the_twin(cli: Cli, workspace: Path) -> None:
    large = {"hidden_size": 320, "num_attention_heads": 4, "intermediate_size": 900}
    build(workspace / "bare", "feature-extraction", "bert", {**large, "num_hidden_layers": 6})
    folder = checkpoint(workspace, Pooling(320, ("cls", "mean")), Dense(640, 8), LayerNorm(8))
    recipe = {"task": "feature-extraction", "source": {"kind": "local", "path": str(folder)}}
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("rehearse", "+recipe=case.yaml", "--output", "json")
    assert done.code == 0, done.stderr
    assert "dense" in done.document["record"]["vectors"]
    assert "fewer" in done.document["shrunk"]


def test_the_modules_of_a_repository_are_fetched_with_it(hub: Hub, workspace: Path) -> None:
    folder = checkpoint(workspace, Pooling(SIZE, "max"), Dense(SIZE, 8))
    hub.add("org/sentences", folder)
    source = {"kind": "hub", "repo": "org/sentences"}
    recipe = {"task": "feature-extraction", "source": source, "evaluation": {"views": []}}
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    planned = alone(workspace, "plan", "+recipe=case.yaml")
    assert "max pooling, dense 32 to 8 (Tanh)" in planned.stdout, planned.stderr
    assert not [name for name in hub.asked_for() if name.endswith(".safetensors")]
    done = alone(workspace, "+recipe=case.yaml", "tracking.uri=null")
    assert done.code == 0, done.stderr
    assert same(vectors(workspace / "outputs" / "case" / "default"), own(folder))


def checks_of_source(model: Path) -> dict[str, tuple[str, str]]:
    checks = json.loads((model / "record.json").read_text())["checks"]
    of_source = (check for check in checks if check["name"] == "source")
    return {check["view"]: (check["outcome"], check["message"]) for check in of_source}


@pytest.mark.parametrize("task", ["feature-extraction", "llm/v1/embeddings"])
def test_the_proof_holds_vectors_to_those_of_sentence_transformers(
    cli: Cli, workspace: Path, task: str
) -> None:
    prompts = {"prompts": {"query": "Find this: "}}
    folder = checkpoint(workspace, Pooling(SIZE, "cls"), Dense(SIZE, 8), Normalize(), **prompts)
    texts: list[Any] = [TEXTS[0], TEXTS[1]]
    inputs = [{"input": one} for one in (*texts, texts)] if task.startswith("llm") else texts
    evaluation = {"inputs": inputs, "views": ["source", "native", "pyfunc"]}
    asked = {"evaluation": evaluation, "model_config": {"prompt_name": "query"}}
    held = checks_of_source(packaged(cli, folder, task, **asked))
    assert {view: outcome for view, (outcome, _) in held.items()} == {
        "native": "passed", "pyfunc": "passed"
    }  # fmt: skip
    model = workspace / "outputs" / "case" / "default" / "model"
    rewritten(model / "sentence_transformers" / "1_Pooling" / "config.json", pooling_mode="mean")
    proof = evaluate(str(model), compose(["+recipe=case.yaml"]), Path())
    failed = [check for check in proof.checks if check.outcome == "failed"]
    assert [(check.view, check.name) for check in failed] == [("pyfunc", "source")]
    assert failed[0].message.startswith("row 0: the saved model answers")
    assert failed[0].message.endswith(
        "sentence-transformers declares another 1_Pooling/config.json"
    )
    other = {**asked, "model_config": {"pooling": "mean"}}
    outcome, why = checks_of_source(packaged(cli, folder, task, **other))["pyfunc"]
    assert (outcome, why.partition(" than ")[2]) == ("skipped", "the checkpoint declares")


@pytest.mark.parametrize("task", ["feature-extraction", "llm/v1/embeddings"])
def test_served_vectors_are_the_same(cli: Cli, workspace: Path, task: str) -> None:
    prompts = {"prompts": {"query": "Find this: "}}
    folder = checkpoint(workspace, Pooling(SIZE, "cls"), Dense(SIZE, 8), Normalize(), **prompts)
    params = {"prompt_name": {"type": "string", "default": None}}
    model = packaged(cli, folder, task, params=params) / "model"
    server = serving(mlflow.pyfunc.load_model(str(model)))
    ask = next(server)
    of_protocol = task.startswith("llm")
    given = {"input": TEXTS} if of_protocol else {"inputs": TEXTS}

    def served(**asked: Any) -> Any:
        params = asked if of_protocol else {"params": asked}
        status, answer = ask(json.dumps({**given, **params}))
        assert status == 200, answer
        answer = answer.get("predictions", answer)
        answer = answer[0] if of_protocol and isinstance(answer, list) else answer
        return np.array([one["embedding"] for one in answer["data"]] if of_protocol else answer)

    assert same(served(), own(folder))
    assert same(served(prompt_name="query"), own(folder, prompt_name="query"))
    status, answer = ask(json.dumps({"inputs": TEXTS, "params": {"prompt_name": "qery"}}))
    next(server, None)
    assert (status, "known are query, document" in answer) == (400, True)
