"""What only shows once a model is loaded or run: said plainly, with the right exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkpoints import build, classifier
from tests.conftest import REPOSITORY, Outcome

Cli = Callable[..., Outcome]


def write(folder: Path, text: str) -> str:
    """Write a recipe and give the argument that runs it."""
    (folder / "case.yaml").write_text(text)
    return "+recipe=case.yaml"


def test_an_architecture_that_does_not_fit_the_task(cli: Cli, workspace: Path) -> None:
    text = "task: fill-mask\nsource: {kind: scratch, architecture: gpt2}\n"
    done = cli(write(workspace, text), "tracking.uri=null")
    assert done.code == 3
    assert "AutoModelForMaskedLM does not know the architecture" in done.stderr
    assert not list(workspace.glob("outputs/**/MLmodel"))


def test_a_dtype_that_the_device_cannot_run(cli: Cli, workspace: Path) -> None:
    text = "task: fill-mask\nsource: {kind: scratch, architecture: fnet}\ndtype: float16\n"
    text += "input_example: a <mask>.\n"
    done = cli(write(workspace, text), "tracking.uri=null", "device=cpu")
    assert done.code == 1
    assert "this device cannot run Half: take dtype float32" in done.stderr.replace("\n", "")


def test_a_device_that_is_not_there_is_no_failed_proof(cli: Cli, workspace: Path) -> None:
    text = "task: fill-mask\nsource: {kind: scratch, architecture: bert}\n"
    done = cli(write(workspace, text), "tracking.uri=null", "device=cuda:97")
    assert done.code == 3
    assert "cuda:97" in done.stderr
    assert not list(workspace.glob("outputs/**/MLmodel"))
    assert not list(workspace.glob("outputs/.store/weights/*"))
    (file,) = workspace.glob("outputs/**/record.json")
    record = json.loads(file.read_text())
    assert (record["verdict"], record["checks"]) == ("unproven", [])


def test_answers_that_are_no_number_are_the_sources_own(cli: Cli, workspace: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = classifier(workspace / "spoiled")
    weights = load_file(folder / "model.safetensors")
    spoiled = {name: one * float("nan") for name, one in weights.items() if "classifier" in name}
    save_file(weights | spoiled, folder / "model.safetensors", {"format": "pt"})
    text = f"task: text-classification\nsource: {{kind: local, path: {folder}}}\n"
    done = cli(write(workspace, text), "tracking.uri=null")
    assert done.code == 1
    assert "of which the source makes no number" in " ".join(done.stderr.split())


def test_bytes_that_are_no_recording_fail_the_proof(cli: Cli, workspace: Path) -> None:
    (workspace / "noise.wav").write_bytes(bytes(range(256)) * 40)
    text = (
        "task: automatic-speech-recognition\nsource: {kind: scratch, architecture: wav2vec2}\n"
        "evaluation: {inputs: [noise.wav]}\n"
    )
    done = cli(write(workspace, text), "tracking.uri=null")
    assert done.code == 1
    assert "native runs: predict raised" in done.stderr
    text += "input_type: array\n"
    done = cli(write(workspace, text), "tracking.uri=null")
    assert done.code == 3
    assert "noise.wav cannot be decoded" in done.stderr


def test_a_tokenizer_without_a_chat_template_asks_for_a_prompt_template(
    cli: Cli, workspace: Path
) -> None:
    text = (
        "task: conversational\nsource: {kind: scratch, architecture: gpt2}\n"
        "components: {tokenizer: {kind: scratch, architecture: gpt2}}\n"
        "load: {tokenizer: {chat_template: ''}}\n"
    )
    done = cli(write(workspace, text), "tracking.uri=null")
    assert done.code == 3
    assert "no chat template" in done.stderr
    assert "prompt_template" in done.stderr


def test_components_may_come_from_elsewhere(cli: Cli, workspace: Path) -> None:
    text = (
        "task: text-generation\n"
        "source: {kind: scratch, architecture: gpt2, config: {vocab_size: 600}}\n"
        "components: {tokenizer: {kind: scratch, architecture: gpt2, config: {vocab_size: 400}}}\n"
        "model_config: {do_sample: false, max_new_tokens: 2}\n"
    )
    done = cli(write(workspace, text), "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    import mlflow

    parts = mlflow.transformers.load_model(done.document["model"], return_type="components")
    assert len(parts["tokenizer"]) == 400
    assert parts["model"].config.vocab_size == 600
    assert set(done.document["sources"]) == {"model", "tokenizer"}


def test_a_processor_beside_a_question_about_an_image_is_kept(cli: Cli, workspace: Path) -> None:
    from transformers import AutoImageProcessor, AutoTokenizer, ViltProcessor

    source = build(workspace / "vilt", "visual-question-answering", "vilt", {})
    parts = (kind.from_pretrained(source) for kind in (AutoImageProcessor, AutoTokenizer))
    ViltProcessor(*parts).save_pretrained(workspace / "processor")
    text = (
        "task: visual-question-answering\n"
        "source: {kind: local, path: vilt}\n"
        "components: {processor: {kind: local, path: processor}}\n"
    )
    done = cli(write(workspace, text), "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    import mlflow

    parts = mlflow.transformers.load_model(done.document["model"], return_type="components")
    assert type(parts["processor"]).__name__ == "ViltProcessor"


def test_a_task_that_the_installed_transformers_has_no_more(workspace: Path) -> None:
    """A transformers of another version, as far as validation looks at it: its text."""
    site = workspace / "site"
    (site / "transformers" / "pipelines").mkdir(parents=True)
    (site / "transformers" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (site / "transformers" / "pipelines" / "__init__.py").write_text(
        "from .text_generation import TextGenerationPipeline\n\n"
        'SUPPORTED_TASKS = {\n    "text-generation": {\n        "impl": TextGenerationPipeline,\n'
        "    },\n}\n"
    )
    (site / "transformers" / "generation").mkdir()
    (site / "transformers" / "generation" / "configuration_utils.py").write_text(
        "class GenerationConfig:\n    def __init__(self, **kwargs):\n"
        '        self.max_length = kwargs.pop("max_length", 20)\n'
    )
    info = site / "transformers-5.2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: transformers\nVersion: 5.2.0\n")
    recipe = "task: summarization\nsource: {kind: hub, repo: org/m}\n"

    def validate(more: str) -> subprocess.CompletedProcess[str]:
        write(workspace, recipe + more)
        return subprocess.run(
            [sys.executable, "-m", "runner", "validate", "case.yaml"],
            cwd=workspace,
            env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{REPOSITORY}"},
            capture_output=True,
            text=True,
            check=False,
        )

    done = validate("")
    assert done.returncode == 0, done.stderr
    done = validate("evaluation: {views: [native]}\n")
    assert done.returncode == 2
    assert "error[no-native]" in done.stdout
    done = validate("pyfunc: mlflow\n")
    assert done.returncode == 2, done.stderr
    assert "transformers 5.2.0 has no `summarization` pipeline: it was removed in 5.0." in (
        done.stdout
    )
    assert "pip install 'transformers<5.0'" in done.stdout


@pytest.mark.parametrize(
    ("place", "name", "step"),
    [
        ("runner.packaging.components", "_insist_on_vocabulary", "load"),
        ("runner.packaging.sign", "prompt_template_of", "sign"),
        ("runner.evaluation.outputs", "as_rows", "prove"),
    ],
)
def test_a_mistake_of_the_runner_shows_itself(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str, step: str
) -> None:
    """It is neither a broken source nor a failed check, and the record says where it was."""
    ours: dict[str, object] = {"__name__": place}
    exec(f"def {name}(*_):\n    return misspelled", ours)
    monkeypatch.setattr(f"{place}.{name}", ours[name])
    text = (
        "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\nsignature: infer\n"
        "input_example: a\nmodel_config: {max_new_tokens: 2}\n"
    )
    done = cli(write(workspace, text), "tracking.uri=null")
    assert done.code == 4, done.stderr
    assert "name 'misspelled' is not defined" in done.stderr
    (record,) = workspace.rglob("record.json")
    failure = json.loads(record.read_text())["failure"]
    assert (failure["step"], failure["code"]) == (step, "defect")
