"""Structures: files that are damaged, or that say otherwise than those beside them."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from tests.layouts import SINGLE, saying, shards
from tests.structures.structure import Made, Structure, changed, tiny

_TEXT = "text-generation"
_PICKLE = {"allow_pickle": True}
_INDEX = f"{SINGLE}.index.json"
_SECOND = "model-00002-of-00002.safetensors"
Edit = Callable[[Path], object]
Tensors = dict[str, torch.Tensor]


def structures() -> list[Structure]:
    """Give them."""
    return [*_indexes(), *_files(), *_dtypes(), *_parts()]


def _edited(edit: Edit, source: Path, folder: Path, copy: Any = saying) -> Path:
    copy(source, folder)
    edit(folder)
    return folder


def _of(name: str, edit: Edit, refused: str = "", **how: Any) -> Structure:
    return changed("gpt2", _TEXT, name, partial(_edited, edit), refused=refused, **how)


def _sharded(name: str, edit: Edit, refused: str = "") -> Structure:
    change = partial(_edited, edit, copy=shards)
    return changed("gpt2", _TEXT, f"shards: {name}", change, refused=refused)


def _indexes() -> list[Structure]:
    def lists(change: Callable[[dict[str, Any]], object]) -> Edit:
        def edit(folder: Path) -> None:
            index = json.loads((folder / _INDEX).read_text())
            change(index)
            (folder / _INDEX).write_text(json.dumps(index))

        return edit

    def say(**places: str) -> Edit:
        return lists(lambda index: index["weight_map"].update(places))

    first = "transformer.h.0.attn.c_attn.bias"
    return [
        _sharded("one is missing", lambda folder: (folder / _SECOND).unlink(), "is missing from"),
        _sharded("one is cut", partial(_cut, _SECOND), "is corrupt: its header says"),
        _sharded("without their index", lambda folder: (folder / _INDEX).unlink(), "no weights"),
        _sharded("a name that is in none", say(**{"transformer.x": _SECOND}), "is not in it"),
        _sharded("a file elsewhere", say(**{first: f"../{_SECOND}"}), "is no file name"),
        _sharded("an index without metadata", lists(lambda index: index.pop("metadata")),
                 "it has no metadata"),
        _sharded("a tensor that is not listed", lists(lambda i: i["weight_map"].pop(first))),
        _sharded("a tensor listed for another", say(**{first: _SECOND})),
        _sharded("other weights in one file beside", _zeros_beside),
    ]  # fmt: skip


def _files() -> list[Structure]:
    def written_by(name: str) -> Edit:
        return lambda folder: save_file(load_file(folder / SINGLE), folder / SINGLE,
                                        {"format": name})  # fmt: skip

    def beside(folder: Path) -> None:
        zeros = {key: tensor * 0 for key, tensor in load_file(folder / SINGLE).items()}
        torch.save(zeros, folder / "pytorch_model.bin")

    return [
        _of("cut", partial(_cut, SINGLE), "is corrupt: its header says"),
        _of("written by numpy", written_by("np"), "says that its format is np"),
        _of("written by MLX", written_by("mlx")),
        _of("other weights in a pickle file beside", beside),
        _of("other weights in a pickle file beside, with leave", beside, recipe=_PICKLE),
    ]


def _dtypes() -> list[Structure]:
    def stored(kind: torch.dtype, where: str, **says: Any) -> Edit:
        def edit(folder: Path) -> None:
            tensors = load_file(folder / SINGLE)
            tensors |= {k: t.to(kind) for k, t in tensors.items() if where in k}
            save_file(tensors, folder / SINGLE, {"format": "pt"})
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(config | says))

        return edit

    packed = "has no `quantization_config`"
    return [
        _of("layers in bfloat16, the rest in float32", stored(torch.bfloat16, ".h.")),
        _of("float16 by config.json, float32 stored", stored(torch.float32, "", dtype="float16")),
        _of("float32 by config.json, float16 stored", stored(torch.float16, "", dtype="float32")),
        _of("complex numbers", stored(torch.complex64, "c_fc.weight"), "holds weights as C64"),
        _of("float8 without a word on it", stored(torch.float8_e4m3fn, "c_fc.weight"), packed),
        _of("int8 without a word on it", stored(torch.int8, "c_fc.weight"), packed),
    ]


def _parts() -> list[Structure]:
    def gone(*beginnings: str) -> Edit:
        def edit(folder: Path) -> None:
            for file in [*folder.iterdir()]:
                if file.name.startswith(beginnings):
                    file.unlink()

        return edit

    def write(file: str, text: str) -> Edit:
        return lambda folder: (folder / file).write_text(text)

    said = "tokenizer_config.json"
    image = partial(changed, "vit", "image-classification")
    sound = partial(changed, "wav2vec2", "audio-classification")
    sees, hears = "the image_processor of", "the feature_extractor of"
    return [
        _of("no tokenizer", gone("token", "vocab", "merges", "special"), "files of its vocabulary"),
        _of("a tokenizer.json that is cut", partial(_cut, "tokenizer.json"), "the tokenizer of"),
        _of("a tokenizer that pads nowhere", partial(_say, said, padding_side="x"), "Padding side"),
        _of("no tokenizer_config.json", gone(said)),
        Structure("gpt2", _TEXT, "a tokenizer of a class that nobody has", _nobodys_tokenizer),
        _of("a generation_config.json that is cut", write("generation_config.json", "{"),
            "generation_config.json of"),
        image("no preprocessor", partial(_edited, gone("preprocessor")), refused=sees),
        image("a cut preprocessor", partial(_edited, write("preprocessor_config.json", "{")),
              refused=sees),
        sound("no preprocessor", partial(_edited, gone("preprocessor")), refused=hears),
    ]  # fmt: skip


def _cut(file: str, folder: Path) -> None:
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[:-10])


def _say(file: str, folder: Path, **values: Any) -> None:
    said: Mapping[str, Any] = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**said, **values}))


def _zeros_beside(folder: Path) -> None:
    tensors: Tensors = {}
    for file in folder.glob("model-*.safetensors"):
        tensors |= load_file(file)
    zeros = {key: tensor * 0 for key, tensor in tensors.items()}
    save_file(zeros, folder / SINGLE, {"format": "pt"})


def _nobodys_tokenizer(folder: Path) -> Made:
    first, file = tiny("gpt2", _TEXT), "tokenizer_config.json"
    other = saying(first, folder / "changed", file, tokenizer_class="NobodysTokenizer")
    plain = saying(first, folder / "plain", file, tokenizer_class="PreTrainedTokenizerFast")
    return Made(other, native_folder=plain)
