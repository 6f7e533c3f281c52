"""What the files of a tokenizer say in the words of another version of transformers."""

from pathlib import Path
from typing import Any

import transformers

from runner.sources.checkpoint.untrusted import read_json

_CONFIG = "tokenizer_config.json"
_WHOLE = "tokenizer.json"
_ANY = "PreTrainedTokenizerFast"
"""The class that reads ``tokenizer.json`` and adds nothing to it."""


def loader_for(folder: Path) -> Any:
    """Give what loads the tokenizer of a folder.

    Args:
        folder: The folder with its files.

    Returns:
        ``AutoTokenizer``; where the installed transformers does not have the class that the files
        name, and ``tokenizer.json`` says everything, the class that needs nothing else.
    """
    said = _read(folder)
    name = str(said.get("tokenizer_class") or "")
    known = any(hasattr(transformers, one) for one in (name, f"{name}Fast"))
    if not name or known or "auto_map" in said or not (folder / _WHOLE).is_file():
        return transformers.AutoTokenizer
    return getattr(transformers, _ANY)


def arguments_for(folder: Path) -> dict[str, Any]:
    """Give arguments that say what the files say, in the words of the installed version.

    transformers 5 lists further special tokens where 4 has names for them.

    Args:
        folder: The folder with the tokenizer's files.
    """
    further = _read(folder).get("extra_special_tokens")
    if isinstance(further, list) and transformers.__version__.startswith("4."):
        return {"extra_special_tokens": {}, "additional_special_tokens": further}
    return {}


def _read(folder: Path) -> dict[str, Any]:
    try:
        said: Any = read_json(folder / _CONFIG)
    except (OSError, ValueError):  # whoever loads it says so
        return {}
    return said if isinstance(said, dict) else {}
