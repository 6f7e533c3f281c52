"""A processor may keep a part in a folder of its own: its files come along with the others."""

import re
from collections.abc import Callable
from pathlib import Path

import transformers

from runner.sources.checkpoint.files import is_small
from tests.checkpoints import build
from tests.conftest import Outcome

MODELS = Path(transformers.__file__).parent / "models"
_NAMED = re.compile(r'subfolder="(\w+)"|_dir_name(?:: str)? = "(\w+)"')
_ASKED = re.compile(r"subfolder=(?!\"|kwargs\.pop\(|cls\.\w+_dir_name|self\.\w+_dir_name).*")
"""A folder that no pattern above would find; one that the caller names is the caller's."""


def _sources() -> dict[str, str]:
    files = MODELS.glob("*/processing_*.py")
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def test_each_folder_that_a_processor_of_transformers_reads_is_taken() -> None:
    found = {
        name for text in _sources().values() for groups in _NAMED.findall(text) for name in groups
    } - {""}
    assert {"qformer_tokenizer", "protein_tokenizer"} <= found
    for folder in found:
        for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "spiece.model"):
            assert is_small(f"{folder}/{file}"), folder
        assert not is_small(f"{folder}/model.safetensors")


def test_no_processor_names_its_folder_in_another_way() -> None:
    assert not {name: other for name, text in _sources().items() if (other := _ASKED.findall(text))}


def test_a_twin_has_the_parts_too(cli: Callable[..., Outcome], workspace: Path) -> None:
    folder = build(workspace / "model", "image-text-to-text", "instructblip", {})
    assert (folder / "qformer_tokenizer" / "tokenizer.json").is_file()
    (workspace / "case.yaml").write_text(
        f"task: image-text-to-text\nsource: {{kind: local, path: {folder}}}\n"
        "model_config: {max_new_tokens: 2, do_sample: false}\n"
    )
    done = cli("rehearse", "+recipe=case.yaml")
    assert done.code == 0, done.stderr
    parts = Path("outputs/case/default/rehearsal/model/components/processor")
    assert (parts / "qformer_tokenizer" / "tokenizer.json").is_file()
