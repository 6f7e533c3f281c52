"""What the files of a tokenizer say in the words of another version of transformers."""

import re
from pathlib import Path
from typing import Any

import transformers

from runner.sources.checkpoint.untrusted import read_json

_CONFIG = "tokenizer_config.json"
_WHOLE = "tokenizer.json"
_ANY = "PreTrainedTokenizerFast"
"""The class that reads ``tokenizer.json`` and adds nothing to it."""
_ANY_OF_5 = "TokenizersBackend"
"""What transformers 5 calls that class."""


def loader_for(folder: Path) -> Any:
    """Give what loads the tokenizer of a folder.

    Args:
        folder: The folder with its files.

    Returns:
        ``AutoTokenizer``; where the installed transformers does not have the class that the files
        name, and ``tokenizer.json`` says everything, the class that needs nothing else.
    """
    return getattr(transformers, _ANY if _missing_class(folder) else "AutoTokenizer")


def unknown_class(folder: Path) -> str:
    """Give the class that a tokenizer is said to be, where nobody knows what it adds.

    Args:
        folder: The folder with its files.
    """
    name = _missing_class(folder)
    return "" if name == _ANY_OF_5 else name


def has_words(folder: Path) -> bool:
    """Say whether there is any file that a vocabulary may be in.

    Args:
        folder: The folder of a tokenizer.
    """
    files = (file.name for file in folder.iterdir())
    return any(re.search(r"^vocab|^tokenizer\.|\.(model|spm|tiktoken)$", name) for name in files)


def _missing_class(folder: Path) -> str:
    """Give the class of a tokenizer that ``tokenizer.json`` has to do without, if any."""
    said = _read(folder)
    name = str(said.get("tokenizer_class") or "")
    known = any(hasattr(transformers, one) for one in (name, f"{name}Fast"))
    whole = "auto_map" not in said and (folder / _WHOLE).is_file()
    return name if whole and not known else ""


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
