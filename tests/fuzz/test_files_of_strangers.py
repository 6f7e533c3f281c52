"""Files in which bytes were exchanged: each is read, or refused in words; nothing else happens."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import example, given
from hypothesis import strategies as st
from safetensors import safe_open

from runner.datasets.errors import DataError
from runner.errors import RunnerError, SourceError
from runner.findings import RecipeError
from runner.locks.lock import Lock
from runner.locks.reading import read_any_lock, read_lock
from runner.prediction.data import Data
from runner.recipe.compose import compose, naming
from runner.recipe.sweeping.assessing import judge_sweep
from runner.recipe.sweeping.files import read_sweep_file
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sources.checkpoint.config_values import impossible_values, read_values
from runner.sources.checkpoint.folder import declared_license
from runner.sources.checkpoint.safetensors_header import read_headers
from runner.sources.mlflow.references import referenced
from runner.text.visible import visible
from tests.fuzz.drawn import exchanged, fuzzed
from tests.locks.test_drift import VALUES

RECIPES = [
    "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
    "params:\n  max_new_tokens: 2\n  temperature: {type: double, default: 0.7}\n",
    "defaults: [/recipe/text-generation/scratch, _self_]\nmodel_config: {num_beams: 2}\n"
    "evaluation: {inputs: [a], expect: [{contains: b}], views: [native]}\n",
    "task: fill-mask\nsource: {kind: local, path: ./none}\ndtype: float16\n"
    "signature: {inputs: [{type: string}], outputs: [{type: string}]}\n"
    "requirements: {extra: [numpy]}\ntracking: {tags: {a: b}}\n",
]
SWEEPS = [
    "recipe: text-generation/scratch\nover: {dtype: [float32, float16], params.top_k: [1, 2]}\n"
    "where: \"not (dtype == 'float16' and params.top_k > 1)\"\nbaseline: {dtype: float32}\n",
    "recipe: text-generation/scratch\npoints: [{dtype: float32}, {dtype: float16}]\n"
    "launcher: {kind: local, workers: 2}\n",
]
LOCK = Lock.model_validate(VALUES).text()
RECORD = RunRecord(recipe="a", task="fill-mask", point="default", digest="b").as_text()
HEADER = json.dumps(
    {
        "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "__metadata__": {"format": "pt"},
    }
)
CONFIG = json.dumps(
    {"model_type": "gpt2", "n_layer": 2, "vocab_size": 5, "id2label": {"0": "a", "1": "b"}}
)
CARD = "---\nlicense: mit\nlanguage: [en]\n---\n# A model\n"
DESCRIPTION = "flavors:\n  transformers: {task: fill-mask, source_model_name: a}\nmetadata: {}\n"
ROWS = {
    "csv": 'text,label\n"a, b",c\nd,e\n',
    "tsv": "text\tlabel\na\tb\n",
    "jsonl": '{"text": "a", "label": 1}\n{"text": "b", "label": 2}\n',
    "json": '[{"text": "a", "label": 1}, {"text": "b"}]',
}


Given = TypeVar("Given")


def outcome(call: Callable[[], Given], refusal: type[RunnerError]) -> tuple[Given | None, Any]:
    """Give what a call gives, or how it was refused; anything else that is raised is a defect."""
    try:
        return call(), None
    except refusal as error:
        return None, error


@fuzzed()
@given(text=exchanged(RECIPES))
def test_recipes(text: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "mine.yaml")
        file.write_bytes(text)
        composed, refused = outcome(lambda: compose([naming(str(file))]), RunnerError)
        assert composed or refused.message
        for finding in getattr(refused, "findings", ()):
            assert finding.code
            assert visible(str(finding)) == str(finding)
        assert file.read_bytes() == text


@fuzzed()
@given(text=exchanged(SWEEPS))
@example(text=b"recipe: " + b"9" * 400 + b"\nover: {dtype: [float32]}\n")  # no name of a file
def test_sweep_files(text: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "sweeps", "mine.yaml")
        file.parent.mkdir()
        file.write_bytes(text)
        read, refused = outcome(lambda: read_sweep_file(file, file.parent), RunnerError)
        findings = list(read.findings if read else refused.findings)
        if read and read.sweep:
            findings += judge_sweep(read, read.shelf()).findings
        assert (read and read.sweep) or findings
        assert all(one.code and visible(str(one)) == str(one) for one in findings)


@fuzzed()
@given(text=exchanged([LOCK]))
def test_locks(text: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "mine.lock.yaml")
        file.write_bytes(text)
        assert isinstance(read_any_lock(file), Lock | str)
        lock, refused = outcome(lambda: read_lock(file), RecipeError)
        if lock is None:
            assert [one.code for one in refused.findings] == ["lock-unreadable"]
        else:
            file.write_text(lock.text(), encoding="utf-8")
            assert read_lock(file) == lock


@fuzzed()
@given(text=exchanged([RECORD]))
def test_records(text: bytes) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, RECORD_FILE).write_bytes(text)
        record = read_record(folder)
        if record is not None:
            record.write(Path(folder))
            assert read_record(folder) is not None


@fuzzed()
@given(header=exchanged([HEADER]), length=st.none() | st.integers(0, 2**64 - 1))
def test_headers(header: bytes, length: int | None) -> None:
    with TemporaryDirectory() as folder:
        size = len(header) if length is None else length
        file = Path(folder, "model.safetensors")
        file.write_bytes(struct.pack("<Q", size) + header + bytes(16))
        tensors, refused = outcome(lambda: read_headers(Path(folder)), SourceError)
        if tensors is not None:  # as strict as the library
            with safe_open(file, "np") as opened:
                assert set(opened.keys()) == set(tensors)
        assert tensors is not None or "model.safetensors" in refused.message
        assert all(info.nbytes >= 0 for info in (tensors or {}).values())


@fuzzed()
@given(config=exchanged([CONFIG]), card=exchanged([CARD]), description=exchanged([DESCRIPTION]))
def test_what_a_checkpoint_says(config: bytes, card: bytes, description: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_bytes(config)
        (folder / "README.md").write_bytes(card)
        (folder / "MLmodel").write_bytes(description)
        assert all(key for key, _ in impossible_values(read_values(folder)))
        assert isinstance(declared_license(folder), str)
        source, refused = outcome(lambda: referenced(folder), SourceError)
        assert source or refused.message


@fuzzed()
@given(suffix=st.sampled_from(sorted(ROWS)), data=st.data())
def test_dataset_files(suffix: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, f"rows.{suffix}")
        file.write_bytes(data.draw(exchanged([ROWS[suffix]])))
        rows, refused = outcome(lambda: list(Data(file).rows()), DataError)
        assert rows is not None or file.name in refused.message
        assert all(isinstance(name, str) for row in rows or () for name in row)
