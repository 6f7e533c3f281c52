"""The outcome of conformance as a page: docs/conformance.md."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.upstream.transformers_source import transformers_version
from tests.conformance.packaged import Packaged

FIVE = transformers_version().startswith("5.")
PAGE = "conformance-transformers-5.md" if FIVE else "conformance.md"
_TITLE = """\
# Conformance

Written by the tests (`UPDATE_DOCS=1 .venv/bin/python -m pytest tests/conformance`), which also hold it to what they find.
With transformers 5 it is [another](conformance-transformers-5.md).
"""
_TITLE_OF_FIVE = """\
# Conformance with transformers 5

Written by the tests (`UPDATE_DOCS=1 make test-t5 TESTS=tests/conformance`), which also hold it to what they find. The
reference, transformers 4, has [a page of its own](conformance.md).

Some pipelines were removed from transformers 5, and MLflow writes its `transformers` flavor around pipelines alone. There
a model has the `python_function` flavor, and folders that `from_pretrained` loads: *python_function only* below.
"""
_HEAD = """\
For each task and each form of its input a small random model is packaged twice, by a recipe and by plain
`mlflow.transformers.save_model`. A process that has never heard of the runner loads both with plain MLflow and compares:

- **packaged**: flavor configuration keys, recorded dtype and the names of all files,
- **signature**: inputs, outputs and params,
- **native**: the output of `mlflow.transformers.load_model`,
- **pyfunc**: the output of `mlflow.pyfunc.load_model(…).predict`,
- **served**: the answer of MLflow's scoring server over HTTP,
- **extended**: pyfunc and served answers of the same recipe with the runner's own inference code (`pyfunc: extended`, the
  default); the columns before are of `pyfunc: mlflow`.

*equal* means equal to plain MLflow's, value for value, for the input that the case writes down and for a hundred drawn ones, which the
three views share. mask-generation is not among them: it needs torchvision, which the package index has for Linux with CUDA
alone. tests/pyfunc/test_masks.py holds it to transformers with the one function that it needs of it. What *extended* answers otherwise than MLflow, too long a text for one, is listed in [inference.md](inference.md).
"""
_SECOND = """\
## Where MLflow's inference code falls short

Saved as MLflow saves it (`pyfunc: mlflow`), a model has MLflow's own inference code. Where that is known not to meet
the signature, the proof says so: as a *limitation* that the task documents, or as a failed check.

| case | what the proof says |
|---|---|
"""
_THIRD = """\
## Where packaging differs on purpose

| plain MLflow | the runner |
|---|---|
| `torch_dtype` is recorded, the files keep their dtype | the files have the dtype too (tests/packaging/test_weights.py) |
| requirements are found by loading the model in a subprocess | they are read from what is installed (tests/packaging/test_model_files.py) |
| a signature that cannot be inferred is replaced in silence | it is an error (tests/integration/test_signatures.py) |
| a failed save leaves a directory | the model appears whole or not at all (tests/integration/test_interruptions.py) |
| LICENSE.txt may cite a page that does not exist | it says only what the source declares (tests/packaging/test_model_files.py) |
| a model without a pipeline is refused | `task: native` stores it, and components load it (tests/conformance/test_native.py) |
| vision and multimodal tasks have no signature, some a pyfunc that always raises | they have a signature, and a pyfunc only where there is code for it (the table above) |
"""


@dataclass(frozen=True)
class Shortfall:
    """A case in which MLflow's inference code is known to fall short.

    Args:
        what: The case, in words.
        recipe: A recipe that shows it.
        check: The check that finds it; empty where the recipe is the way around it.
    """

    what: str
    recipe: dict[str, Any]
    check: str

    @property
    def folder(self) -> str:
        """A folder name for it."""
        return re.sub(r"\W+", "-", self.what)

    def said(self, folder: Path, main: Callable[[list[str]], int]) -> dict[str, Any]:
        """Run the recipe and give what its proof says of the pyfunc.

        Args:
            folder: Working directory.
            main: The command line.
        """
        (folder / "case.yaml").write_text(yaml.safe_dump(self.recipe))
        main(["+recipe=case.yaml", "tracking.uri=null", "out=out"])
        record = json.loads((folder / "out/case/default/record.json").read_text())
        wrong = ("failed", "limitation")
        found = [c for c in record["checks"] if c["view"] == "pyfunc" and c["outcome"] in wrong]
        wanted = [c for c in found if c["name"] == self.check]
        return (wanted or found or [{}])[0]


def page(packaged: Packaged, said: Sequence[tuple[Shortfall, dict[str, Any]]]) -> str:
    """Write the page.

    Args:
        packaged: Every case, packaged and asked.
        said: What the proof said of each shortfall.
    """
    rows = ["| task | input | packaged | signature | native | pyfunc | served | extended |"]
    rows += ["|" + "---|" * 8]
    rows += [_row(packaged, name) for name in packaged.cases]
    shortfalls = [f"| {short.what} | {_said(check)} |" for short, check in said]
    title = _TITLE_OF_FIVE if FIVE else _TITLE
    return "\n".join(
        [title.rstrip(), "", _HEAD, *rows, "", _SECOND.rstrip(), *shortfalls, "", _THIRD]
    )


def _said(check: dict[str, Any]) -> str:
    if not check:
        return "nothing: with an explicit `signature` it works"
    return f"{check['outcome']} `{check['name']}`: {check['message']}".replace("|", "\\|")


def _row(packaged: Packaged, name: str) -> str:
    case = packaged.cases[name]
    form = case.form.replace("|", "\\|")
    if "plain" not in packaged.answers[name]:
        extended = packaged.answers[name]["extended"]
        folders = "loaded by from_pretrained" if "value" in extended["native"] else "differs"
        cells = [
            "python_function only",
            "ours",
            folders,
            "none",
            "none",
            "there is one, and it is served",
        ]
        return f"| {case.task} | {form} | {' | '.join(cells)} |"
    ours, plain = packaged.answers[name]["ours"], packaged.answers[name]["plain"]
    files = all(ours[key] == plain[key] for key in ("flavor", "files", "dtype"))
    signature = "ours" if plain["signature"] is None else _equal(ours, plain, "signature")
    cells = ["equal" if files else "differs", signature, _equal(ours, plain, "native")]
    if not ours["has_pyfunc"]:
        cells += ["native only", "native only"]
    else:
        cells += [_equal(ours, plain, "pyfunc"), _equal(ours, plain, "served")]
        if case.gap:
            cells[3] += f"; limitation: {case.gap}"
    cells.append(_extended(packaged, name))
    return f"| {case.task} | {form} | {' | '.join(cells)} |"


def _extended(packaged: Packaged, name: str) -> str:
    case, answers = packaged.cases[name], packaged.answers[name]
    if not answers["extended"]["has_pyfunc"]:
        return "native only"
    if case.better:
        return f"better: {case.better}"
    if not answers["ours"]["has_pyfunc"]:
        return "better: there is one, and it is served"
    same = all(answers["extended"][v] == answers["plain"][v] for v in ("pyfunc", "served"))
    return "equal" if same else "differs"


def _equal(ours: dict[str, Any], plain: dict[str, Any], what: str) -> str:
    if isinstance(ours[what], dict) and "error" in ours[what]:
        return f"error: {ours[what]['error']}"
    drawn = ours.get("differs", {}).get(what)
    return "equal" if ours[what] == plain[what] and not drawn else "differs"
