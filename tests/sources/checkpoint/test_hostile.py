"""Checkpoints that were made to break whoever reads them end in words, at once, in little room."""

import json
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import SafetensorError, safe_open

from runner.errors import SourceError
from runner.packaging.card import read_card
from runner.sources import Checkpoint
from runner.sources.checkpoint.folder import declared_license
from runner.sources.checkpoint.safetensors_header import read_headers
from tests.checkpoints import causal_lm
from tests.conftest import Outcome

DEEP = "[" * 5000 + "]" * 5000
HEADER = json.dumps(
    {
        "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]},
        "__metadata__": {"format": "pt"},
    }
)
CHANGES = {
    "a key twice in an entry": ('"shape": [2]', '"shape": [2], "shape": [2]'),
    "floats": ("[2, 2]", "[2.0, 2.0]"),
    "texts": ("[2, 2]", '["2", "2"]'),
    "true": ("[2, 2]", "[2, 2, true]"),
    "float offsets": ("[0, 16]", "[0.0, 16.0]"),
    "NaN": ('"shape": [2]', '"x": NaN, "shape": [2]'),
    "half of a pair": ('"b"', '"\\ud800"'),
    "metadata of numbers": ('"pt"', "1"),
    "metadata as a list": ('{"format": "pt"}', "[]"),
    "depth": ('"pt"', DEEP),
    "a byte order mark": (HEADER, "\ufeff" + HEADER),
    "infinity": ("[2, 2]", "[Infinity]"),
    "nothing changed": ("", ""),
    "metadata null": ('{"format": "pt"}', "null"),
    "further fields": ('"shape": [2]', '"x": [1], "shape": [2]'),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_header_is_read_as_strictly_as_safetensors_does(
    workspace: Path, change: tuple[str, str]
) -> None:
    header = HEADER.replace(*change).encode()
    file = workspace / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(24))
    try:
        with safe_open(str(file), "pt") as opened:
            theirs = set(opened.keys())
    except SafetensorError:
        with pytest.raises(SourceError, match="corrupt"):
            read_headers(workspace)
    else:
        assert set(read_headers(workspace)) == theirs


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CARDS = {
    "aliases": f"{BOMB}license: *i\n",
    "a list in itself": "license: &a [*a]\n",
    "depth": f"license: {DEEP}\n",
    "a tag": "license: !!python/object/apply:os.system ['touch ran']\n",
    "an impossible date": "license: 2020-99-99\n",
    "keys that are lists": "? [a]\n: b\n",
    "a mapping": "license: {a: b}\n",
    "what acts": 'license: "\\e[31m\\n::error::x"\n',
    "no UTF-8": "license: \udcff\n",
}


@pytest.mark.parametrize("said", CARDS.values(), ids=CARDS)
def test_a_hostile_card_is_read_as_far_as_it_is_safe(workspace: Path, said: str) -> None:
    read_card(Checkpoint(workspace, "local", "x"))  # imports what it takes
    (workspace / "README.md").write_bytes(
        f"---\n{said}---\nWhat it is.\n".encode(errors="surrogateescape")
    )
    began = time.thread_time()
    licence = declared_license(workspace)
    card = read_card(Checkpoint(workspace, "local", "x"))
    assert time.thread_time() - began < 10, "no hostile input takes longer"
    assert len(licence) < 40
    assert licence.isprintable()
    assert card is not None
    assert "What it is." in str(card)
    assert len(str(card)) < 100_000
    assert not Path("ran").exists()


FILES = {
    "config.json": f'{{"model_type": "gpt2", "x": {DEEP}}}',
    "generation_config.json": f'{{"x": {DEEP}}}',
    "generation_config.json as a list": "[1]",
    "tokenizer_config.json": f'{{"x": {DEEP}}}',
    "adapter_config.json": f'{{"x": {DEEP}}}',
    "config.json with half of a pair": '{"model_type": "\\ud800"}',
    "config.json with a list": '{"model_type": "gpt2", "n_embd": [Infinity]}',
    "config.json with layers": '{"model_type": "gpt2", "n_layer": 1000000000}',
}


def test_hostile_configurations_end_in_words(cli: Callable[..., Outcome], workspace: Path) -> None:
    causal_lm(workspace / "good")
    Path("mine.yaml").write_text(
        "task: text-generation\nsource: {kind: local, path: bad}\nevaluation: {views: []}\n"
    )
    for name, text in FILES.items():
        shutil.copytree("good", "bad")
        Path("bad", name.split()[0]).write_text(text)
        began = time.process_time()
        done = cli("+recipe=mine.yaml", "tracking.uri=null")
        assert time.process_time() - began < 10
        harmless = name == "adapter_config.json"  # nobody asks for it
        assert done.code in ({0} if harmless else {2, 3}), (name, done.stderr[-2000:])
        assert "Traceback" not in done.stderr
        shutil.rmtree("bad")
