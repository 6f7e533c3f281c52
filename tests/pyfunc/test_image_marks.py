"""A text says where its image is as the model's processor wants it, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch
import transformers
import yaml

from runner.evaluation.own_example import example_for
from runner.evaluation.samples import sample_file
from runner.tasks import get_task
from tests.checkpoints import build
from tests.conftest import Outcome

TASK = "image-text-to-text"
ASKED = "What is this?"
CHAT = (
    "{{ bos_token }}{% for message in messages %}{% for part in message['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}{% endfor %}"
)


def made(folder: Path, architecture: str) -> tuple[Any, Any]:
    """Build a checkpoint; give its processor and its configuration."""
    build(folder, TASK, architecture, {})
    processor = transformers.AutoProcessor.from_pretrained(folder)
    return processor, transformers.AutoConfig.from_pretrained(folder)


def example(processor: Any, config: Any) -> str:
    return example_for(get_task(TASK), {"processor": processor}, config)["text"]


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        ("llava", f"<image> {ASKED}"),
        ("blip-2", ASKED),
        ("instructblip", ASKED),
        ("git", ASKED),
    ],
)
def test_a_mark_stands_in_a_text_only_where_the_processor_puts_none(
    workspace: Path, architecture: str, said: str
) -> None:
    assert example(*made(workspace / "made", architecture)) == said


def test_a_chat_says_it_as_its_template_does(workspace: Path) -> None:
    processor, config = made(workspace / "made", "llava")
    processor.chat_template = CHAT
    assert example(processor, config) == f"{processor.tokenizer.bos_token}<image>{ASKED}"


def test_another_mark_than_the_token_is_found(workspace: Path) -> None:
    processor, config = made(workspace / "made", "llava")
    usual, kind = processor.__call__, type(processor)

    class Gemmas(kind):
        """Looks for one mark, and puts another in its place, as the processor of Gemma 3."""

        boi_token = "<start>"  # noqa: S105

        def __call__(self, text: str, **more: Any) -> Any:
            if "<start>" not in text:
                raise ValueError("Prompt contained 0 image tokens but received 1 images.")
            return usual(text=text.replace("<start>", "<image>"), **more)

    processor.__class__ = Gemmas
    assert example(processor, config) == f"<start> {ASKED}"


def test_a_text_that_does_not_say_it_is_asked_as_in_a_chat_of_the_pipeline(
    cli: Callable[..., Outcome], workspace: Path
) -> None:
    folder = build(workspace / "source", TASK, "llava", {"text_config": {"initializer_range": 1}})
    (folder / "chat_template.jinja").write_text(CHAT)
    recipe = {
        "task": TASK, "source": {"kind": "local", "path": "source"},
        "model_config": {"max_new_tokens": 6, "do_sample": False},
        "evaluation": {"views": ["source", "native", "pyfunc"]},
    }  # fmt: skip
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    assert done.code == 0, done.stderr
    model = json.loads(done.stdout)["model"]
    image = str(sample_file(workspace, "image"))
    loaded = mlflow.pyfunc.load_model(model)
    (ours,) = loaded.predict([{"image": image, "text": ASKED}])
    build_pipeline: Any = transformers.pipeline
    pipeline = build_pipeline(TASK, model=str(folder))
    content = [{"type": "image", "image": image}, {"type": "text", "text": ASKED}]
    with torch.inference_mode():
        (theirs,) = pipeline(
            text=[{"role": "user", "content": content}], return_full_text=False,
            max_new_tokens=6, do_sample=False,
        )  # fmt: skip
    assert ours == theirs["generated_text"].strip()
