"""What is as it should be, for hostile inputs to stand in the place of a part of it."""

import io
import shutil
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path

import yaml

from tests.hostile.cases import QUIET

DEFECT = 4
"""The exit code of a defect."""
RECIPES: Mapping[str, str] = {
    "good": "task: text-generation\nsource: {kind: local, path: ../checkpoint}\n"
    "model_config: {max_new_tokens: 2, do_sample: false}\n"
    "evaluation: {views: [pyfunc], inputs: [hello]}\n",
    "plain": "task: text-generation\nsource: {kind: local, path: ../checkpoint}\n",
    "scored": "task: text-generation\nsource: {kind: local, path: ../checkpoint}\n"
    "model_config: {max_new_tokens: 2, do_sample: false}\n"
    "evaluation:\n  views: []\n  dataset: {path: ../rows.csv, inputs: text, target: label}\n"
    "  metrics: [exact_match]\n",
    "saved": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: mlflow, uri: ../outputs/good/default/model}\n",
    "bare": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: mlflow, uri: ../bare}\n",
    "pickled": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: local, path: ../pickled}\nallow_pickle: true\n",
    "gguf": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: local, path: ../gguf, file: tiny.gguf}\n",
}


def prepare(good: Path) -> None:
    """Fill a folder with what is as it should be, in a repository of git."""
    from tests.checkpoints import as_pickle, causal_lm, gguf_lm
    from tests.review.history import History

    good.mkdir(parents=True)
    history = History.start(good)
    for name, text in RECIPES.items():
        history.write(f"{name}.yaml", text)
    (good / "sweeps").mkdir()
    (good / "rows.csv").write_text("text,label\na,b\nc,d\n")
    checkpoint = causal_lm(good / "checkpoint")
    as_pickle(checkpoint, good / "pickled")
    gguf_lm(good / "gguf")
    (good / ".gitignore").write_text("outputs\ncheckpoint\npickled\ngguf\nbare\n")
    history.commit("before")
    history.edit("good.yaml", "max_new_tokens: 2", "max_new_tokens: 3")
    history.commit("after")
    with chdir(good):
        _insist("run", "+recipe=good", QUIET)
        _strip(good / "outputs/good/default/model", good / "bare", checkpoint)
        for name in RECIPES:
            _insist("plan", f"+recipe={name}")


def _insist(*line: str) -> None:
    """Run a command that ends well: what is good is, before anything stands in its place."""
    if not (ended := run_command(line)).startswith("0:"):
        raise RuntimeError(f"{' '.join(line)}: {ended}")


def _strip(model: Path, bare: Path, checkpoint: Path) -> None:
    """Make of a model one that names its weights, and has none."""
    shutil.copytree(model, bare)
    shutil.rmtree(bare / "model")
    described = yaml.safe_load((bare / "MLmodel").read_text())
    flavor, inference = described["flavors"]["transformers"], described["metadata"]["inference"]
    del flavor["model_binary"]
    flavor |= {"tokenizer_name": "org/tiny", "tokenizer_revision": "0" * 40}
    files = {
        file.name: {"sha256": sha256(file.read_bytes()).hexdigest()}
        for file in checkpoint.glob("*.safetensors")
    }
    inference["reference"] = {"path": str(checkpoint), "files": files}
    (bare / "MLmodel").write_text(yaml.safe_dump(described))


def run_command(line: Sequence[str]) -> str:
    """Run the command line; gives its code, and the last of what it said."""
    from runner.cli import main

    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            code = int(main(list(line)))
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
    text = said.getvalue()
    wrong = code == DEFECT or "Traceback" in text
    return f"{DEFECT if wrong else code}: {text[-1500:]}"
