"""What goes wrong when the flavor saves and loads, and what a recipe does: docs/inference.md."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
import transformers
import yaml
from peft import AutoPeftModelForCausalLM
from safetensors.torch import load_file
from transformers import AutoTokenizer

from runner.cli import main
from runner.evaluation.samples import sample_file
from runner.sources.checkpoint.safetensors_header import read_headers
from runner.upstream.transformers_source import transformers_version
from tests.adapters import native_answers, save_adapter
from tests.checkpoints import causal_lm
from tests.command import alone
from tests.conftest import REPOSITORY
from tests.hub_server import Fault, Hub
from tests.integration.packaging import weight_files
from tests.isolated import isolated
from tests.pages import hold_tables, table
from tests.shared_hub import hub_of

PAGE = REPOSITORY / "docs" / "inference.md"
GREEDY = {"max_new_tokens": 8, "do_sample": False}
PLAIN = ["mlflow"]
"""Requirements said by hand: what MLflow does without them is a case of its own."""


class Bench:
    """A folder with a small GPT-2, a hub, and both ways to package."""

    def __init__(self, folder: Path, hub: Hub) -> None:
        self.folder = folder
        self.hub = hub
        self.checkpoint = causal_lm(folder / "m" / "gpt", seed=3)
        self.adapter = save_adapter("lora", self.checkpoint, folder / "adapter")

    def fresh(self) -> Path:
        """Give a folder that is not there yet."""
        return self.folder / f"{len(list(self.folder.iterdir()))}"

    def save(self, **arguments: Any) -> Path:
        """Package with plain MLflow."""
        path = arguments.pop("path", None) or self.fresh()
        pipeline = transformers.pipeline("text-generation", model=str(self.checkpoint))
        model = arguments.pop("model", pipeline)
        arguments.setdefault("pip_requirements", PLAIN)
        mlflow.transformers.save_model(model, path, **arguments)
        return path

    def script(self, code: str) -> None:
        """Run a script that knows the hub and nothing of the runner."""
        head = "import mlflow.transformers, transformers\n"
        isolated(f"{head}{code}\nanswer(0)", self.folder)

    def save_by_script(self, model: str, load: str = "", save: str = "") -> Path:
        """Load and save in a process of its own, with arguments for each."""
        path = self.fresh()
        self.script(
            f"found = transformers.pipeline('text-generation', {model!r}, {load})\n"
            "mlflow.transformers.save_model("
            f"found, {str(path)!r}, pip_requirements={PLAIN}, {save})"
        )
        return path

    def package(self, **recipe: Any) -> Path:
        """Package by a recipe."""
        out = self.fresh()
        file = self.folder / "case.yaml"
        whole = {
            "task": "text-generation",
            "source": {"kind": "local", "path": str(self.checkpoint)},
            "evaluation": {"views": []},
            **recipe,
        }
        file.write_text(yaml.safe_dump(whole))
        asked = (f"+recipe={file}", f"out={out}", "tracking.uri=null")
        if {"repo", "m/gpt"} & set(str(recipe).split("'")):  # the hub's address is read at import
            assert alone(self.folder, *asked).code == 0
        else:
            assert main(list(asked)) == 0
        return out / "case" / "default" / "model"

    def package_relative(self) -> Path:
        """Package by a recipe that names the folder as ``m/gpt``."""
        return self.package(source={"kind": "local", "path": "m/gpt"})

    def refusal(self, **recipe: Any) -> str:
        """Say what ``validate`` finds wrong with a recipe."""
        file = self.folder / "wrong.yaml"
        source = {"kind": "local", "path": str(self.checkpoint)}
        file.write_text(yaml.safe_dump({"task": "text-generation", "source": source, **recipe}))
        with redirect_stdout(StringIO()) as out:
            code = main(["validate", str(file), "--output", "json"])
        (finding,) = json.loads(out.getvalue())["findings"]
        return f"exit {code}: {finding['code']}, {finding['message']}"


def stored(model: Path) -> str:
    """Say the dtypes of the weights in a model."""
    return ", ".join({info.dtype for info in read_headers(model / "model").values()})


def native_dtype(model: Path) -> str:
    """Load a pipeline and say its dtype."""
    return str(mlflow.transformers.load_model(str(model)).model.dtype)


def params(model: Path) -> str:
    """Say the params of a signature."""
    found = mlflow.models.get_model_info(str(model)).signature
    return "saved, with params" if found and found.params else "saved, without a signature"


def ask(model: Path, **config: Any) -> str:
    """Predict, as pyfunc."""
    return mlflow.pyfunc.load_model(str(model), model_config=config).predict("My dog")[0]


def without_requirements(bench: Bench) -> str:
    """Save without naming the requirements."""
    path = bench.fresh()
    try:
        bench.save(path=path, pip_requirements=None)
    except ModuleNotFoundError as error:
        return f"{error}; left behind: {', '.join(sorted(p.name for p in path.iterdir()))}"
    return "saved"


def in_components(bench: Bench) -> str:
    """Save a model that is given as components, in bfloat16."""
    pipeline = transformers.pipeline("text-generation", model=str(bench.checkpoint))
    parts = {"model": pipeline.model, "tokenizer": pipeline.tokenizer}
    return stored(bench.save(model=parts, task="text-generation", torch_dtype=torch.bfloat16))


def asks(bench: Bench, package: Callable[[], Any]) -> str:
    """Say whether the hub is asked for what is a folder here."""
    bench.hub.requests.clear()
    package()
    asked = any("m/gpt" in request.path for request in bench.hub.requests)
    return "asks the hub for m/gpt" if asked else "reads the folder alone"


def licence(model: Path) -> str:
    """Say what a model's licence file links to."""
    file = model / "LICENSE.txt"
    link = re.search(r"https://\S+", file.read_text() if file.is_file() else "")
    return f"LICENSE.txt links to {link[0]}" if link else "links to nothing"


def reference(bench: Bench, package: Callable[[str], Path]) -> str:
    """Say which commit a reference names, where the branch has moved since it was loaded."""
    proven = bench.hub.add("org/moved", bench.checkpoint)
    model = package(proven)
    flavor = yaml.safe_load((model / "MLmodel").read_text())["flavors"]["transformers"]
    said = flavor["source_model_revision"]
    return f"names {'the commit that was loaded' if said == proven else 'another commit'}"


def plain_reference(bench: Bench, commit: str) -> Path:
    """Load a commit, let the branch move, and save a reference."""
    bench.script(f"transformers.pipeline('text-generation', 'org/moved', revision={commit!r})")
    bench.hub.add("org/moved", bench.checkpoint)
    return bench.save_by_script("org/moved", f"revision={commit!r}", "save_pretrained=False")


def our_reference(bench: Bench, commit: str) -> Path:
    """Pin a commit, let the branch move, and package a reference."""
    bench.hub.add("org/moved", bench.checkpoint)
    source = {"kind": "hub", "repo": "org/moved", "revision": commit}
    return bench.package(source=source, save_pretrained=False)


def from_a_bad_line(bench: Bench, package: Callable[[str], Path]) -> str:
    """Package from a hub whose weights arrive with other bytes, once."""
    repo = f"org/bad{len(bench.hub.repos)}"
    bench.hub.add(repo, bench.checkpoint)
    bench.hub.repos[repo].fault = Fault("corrupt", "weights", times=1)
    wanted = load_file(bench.checkpoint / "model.safetensors")
    found = load_file(package(repo) / "model" / "model.safetensors")
    same = all(torch.equal(wanted[name], found[name]) for name in wanted)
    return f"packages {'the' if same else 'other'} weights"


def plain_adapter(bench: Bench, **config: Any) -> Path:
    """Save the checkpoint with an adapter."""
    model = AutoPeftModelForCausalLM.from_pretrained(bench.adapter)
    tokenizer = AutoTokenizer.from_pretrained(bench.checkpoint)
    pipeline = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    return bench.save(model=pipeline, model_config={**GREEDY, **config})


def our_adapter(bench: Bench) -> Path:
    """Package an adapter without its base."""
    adapter = {"kind": "local", "path": str(bench.adapter)}
    return bench.package(adapter=adapter, save_pretrained=False, model_config=GREEDY)


def on_another_base(bench: Bench, model: Path, name: str) -> str:
    """Load with another base, as pyfunc, and see whose answer comes."""
    other = causal_lm(bench.fresh(), seed=9)
    answer = ask(model, **{name: str(other)})
    bases = {"the other base": other, "the first base": bench.checkpoint}
    answers = {k: native_answers(v, bench.adapter, ["My dog"], 8)[0] for k, v in bases.items()}
    return f"answers with {next(base for base, text in answers.items() if text == answer)}"


def files_of_weights(model: Path) -> str:
    """Say how many files of weights a base model has in a model."""
    found = len(weight_files(model))
    return f"{found or 'no'} file{'s' * (found != 1)} of weights"


def with_processor(bench: Bench) -> str:
    """Save an image-text-to-text model with its processor, and load what was saved."""
    recipe = {"source": {"kind": "scratch", "architecture": "llava"}, "task": "image-text-to-text"}
    packaged = bench.package(**recipe)
    parts = mlflow.transformers.load_model(str(packaged), return_type="components")
    kept = {name: parts[name] for name in ("model", "processor")}
    model = bench.save(model=kept, task="image-text-to-text")
    return type(mlflow.transformers.load_model(str(model))).__name__


def answers_about_an_image(bench: Bench) -> str:
    """Package an image-text-to-text model with its processor, and ask what was saved."""
    recipe = {"source": {"kind": "scratch", "architecture": "llava"}, "task": "image-text-to-text"}
    model = bench.package(**recipe, model_config=GREEDY)
    asked = {"image": str(sample_file(bench.folder, "image")), "text": "<image> a"}
    (text,) = mlflow.pyfunc.load_model(str(model)).predict([asked])
    return "answers" if isinstance(text, str) else ""


def on_device(model: Path, **config: Any) -> str:
    """Predict, and say where."""
    loaded = mlflow.pyfunc.load_model(str(model), model_config=config)
    loaded.predict("My dog")
    return f"runs on {loaded.get_raw_model().device}, with a warning"


@dataclass(frozen=True)
class Case:
    """A case in which the flavor goes wrong.

    Args:
        what: The case.
        plain: Says what plain MLflow does.
        ours: Says what a recipe does.
        right: What is right: a pattern that all of what is said fits.
    """

    what: str
    plain: Callable[[Bench], str]
    ours: Callable[[Bench], str]
    right: str


CASES = [
    Case(
        "saving without torchvision, which the model does not need",
        without_requirements,
        lambda bench: "saved" if bench.package() else "",
        "saved",
    ),
    Case(
        "bfloat16, on the disk",
        lambda bench: stored(bench.save(torch_dtype=torch.bfloat16)),
        lambda bench: stored(bench.package(dtype="bfloat16")),
        "BF16",
    ),
    Case(
        "bfloat16, where the tokenizer comes as a component",
        in_components,
        lambda bench: stored(
            bench.package(
                dtype="bfloat16",
                components={"tokenizer": {"kind": "local", "path": str(bench.checkpoint)}},
            )
        ),
        "BF16",
    ),
    Case(
        "the dtype of the checkpoint (`auto`), loaded",
        lambda bench: native_dtype(bench.save(torch_dtype="auto")),
        lambda bench: native_dtype(bench.package(dtype="auto")),
        r"torch\.float32",
    ),
    Case(
        "a model in the folder m/gpt",
        lambda bench: asks(bench, lambda: bench.save_by_script("m/gpt")),
        lambda bench: asks(bench, bench.package_relative),
        "reads the folder alone",
    ),
    Case(
        "its licence",
        lambda bench: licence(bench.save_by_script("m/gpt")),
        lambda bench: licence(bench.package_relative()),
        "links to nothing",
    ),
    Case(
        "a reference to a commit, once its branch has moved",
        lambda bench: reference(bench, partial(plain_reference, bench)),
        lambda bench: reference(bench, partial(our_reference, bench)),
        "names the commit that was loaded",
    ),
    Case(
        "weights that arrive with other bytes than the hub's, once",
        lambda bench: from_a_bad_line(bench, bench.save_by_script),
        lambda bench: from_a_bad_line(
            bench, lambda repo: bench.package(source={"kind": "hub", "repo": repo})
        ),
        "packages the weights",
    ),
    Case(
        "a reference to a model in a folder",
        lambda bench: files_of_weights(bench.save(save_pretrained=False)),
        lambda bench: bench.refusal(save_pretrained=False),
        r"exit 2: reference-needs-hub, .*",
    ),
    Case(
        "an adapter whose base is in a folder",
        lambda bench: files_of_weights(plain_adapter(bench)),
        lambda bench: files_of_weights(our_adapter(bench)),
        "no files of weights",
    ),
    Case(
        "another base for an adapter, for pyfunc",
        lambda bench: on_another_base(
            bench, plain_adapter(bench, base_model_path=None), "base_model_path"
        ),
        lambda bench: on_another_base(bench, our_adapter(bench), "base_model"),
        "answers with the other base",
    ),
    Case(
        "an input example with a param that no predict takes",
        lambda bench: params(bench.save(input_example=(["a"], {"max_new_tokens": 3, "slip": 1}))),
        lambda bench: bench.refusal(params={"max_new_tokens": 3, "slip": 1}),
        "exit 2: unknown-argument, .*",
    ),
    Case(
        "a slip in model_config",
        lambda bench: ask(bench.save(model_config={"max_new_tokns": 3})),
        lambda bench: bench.refusal(model_config={"max_new_tokns": 3}),
        "exit 2: unknown-argument, .*",
    ),
    Case(
        "an option that there is not",
        lambda bench: "saved" if bench.save(save_pretraned=False) else "",
        lambda bench: bench.refusal(save_pretraned=False),
        "exit 2: unknown-key, .*",
    ),
    Case(
        "shards of 60 kB, for this model",
        lambda bench: files_of_weights(bench.save(max_shard_size="60KB")),
        lambda bench: files_of_weights(bench.package(max_shard_size="60KB")),
        r"(?!1\b)\d+ files of weights",
    ),
    Case(
        "a processor among the components",
        with_processor,
        lambda bench: answers_about_an_image(bench),
        "answers",
    ),
    Case(
        "a device that is not there (cuda:7)",
        lambda bench: on_device(bench.save()),
        lambda bench: on_device(bench.package(), device="cuda:7"),
        r"BadRequest: device cuda:7 is not here.*",
    ),
]


def said(side: Callable[[Bench], str], bench: Bench) -> str:
    """Say what a side does, or how it fails: without the sets in a message, which have no order."""
    try:
        return side(bench)
    except Exception as error:
        first = str(error).strip().splitlines()[0]
        return f"{type(error).__name__}: {re.sub(r'{.*', '…', first)}"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One for all cases."""
    folder = tmp_path_factory.mktemp("bench")
    with hub_of(folder) as hub, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DEFAULT_PREDICTION_DEVICE", "cuda:7")
        yield Bench(folder, hub)


@pytest.fixture(scope="module")
def outcomes(bench: Bench) -> dict[str, tuple[str, str]]:
    """What both sides do in every case."""
    return {case.what: (said(case.plain, bench), said(case.ours, bench)) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_recipe_does_right_what_the_flavor_does_not(
    outcomes: dict[str, tuple[str, str]], case: Case
) -> None:
    plain, ours = outcomes[case.what]
    assert not re.fullmatch(case.right, plain), plain
    assert re.fullmatch(case.right, ours), ours


@pytest.mark.skipif(
    transformers_version().startswith("5."), reason="the page is of the reference, transformers 4"
)
def test_the_page_says_what_both_do(outcomes: dict[str, tuple[str, str]]) -> None:
    rows = [(what, *sides) for what, sides in outcomes.items()]
    hold_tables(PAGE, {"flavor": table(("case", "plain MLflow", "a recipe"), rows)})
