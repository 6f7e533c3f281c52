"""A model that was saved with a PEFT adapter: the adapter apart, and the base without its marks.

MLflow saves the base of a local adapter as PEFT has it in memory: the weights that the adapter is
on under other names, those of the adapter among them.
"""

import json
import re
from pathlib import Path

from runner.sources.checkpoint.safetensors_header import INDEX_FILE, read_file, read_index

FOLDER = "peft"
"""Where MLflow's ``transformers`` flavor keeps an adapter, inside a model."""
_MARKS = re.compile(r"\.(base_layer|original_module)(?=\.)")
_OWN = re.compile(r"\.(lora_|ia3_l|vera_|hada_|lokr_|oft_|modules_to_save\.)")


def unmark(checkpoint: Path) -> None:
    """Give the weights of a base the names that they have without an adapter.

    Args:
        checkpoint: The folder of the base; links in it to files of others are replaced.

    Raises:
        SourceError: A file is corrupt.
    """
    for file in sorted(checkpoint.glob("*.safetensors")):
        names = read_file(checkpoint, file.name)
        if any(_MARKS.search(name) or _OWN.search(name) for name in names):
            _rewrite(file)
    index = checkpoint / INDEX_FILE
    if index.is_file():
        named = {_bare(k): v for k, v in read_index(index).items() if not _OWN.search(k)}
        index.unlink()
        index.write_text(json.dumps({"metadata": {}, "weight_map": named}), encoding="utf-8")


def _rewrite(file: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = {_bare(k): t for k, t in load_file(file).items() if not _OWN.search(k)}
    file.unlink()
    save_file(tensors, file, {"format": "pt"})


def _bare(name: str) -> str:
    return _MARKS.sub("", name)
