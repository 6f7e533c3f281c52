"""Tokens of what a model is asked and of what it answers, counted by its own tokenizer."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runner.tasks import Task

_TOKENIZER = Path("components", "tokenizer")


class Tokens:
    """Counts tokens of texts, without special ones: those of templates and ends are not counted.

    Args:
        tokenizer: The tokenizer.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def of(self, values: Sequence[Any]) -> int:
        """Count the tokens of all texts in some inputs, or answers.

        Args:
            values: Texts, or structures with texts, such as messages.
        """
        texts = [text for value in values for text in _texts(value)]
        if not texts:
            return 0
        encoded = self._tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        return sum(map(len, encoded))


def tokens_of(model: Path, task: Task) -> Tokens | None:
    """Give what counts the tokens of a model that generates text; None for any other.

    Args:
        model: The model folder.
        task: The task.
    """
    folder = model / _TOKENIZER
    if not (task.generates and task.form == "text" and folder.is_dir()):
        return None
    from transformers import AutoTokenizer

    return Tokens(
        AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    )


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (
                text for name, one in value.items() if name != "role" for text in _texts(one)
            )
        case list():
            yield from (text for one in value for text in _texts(one))
        case _:
            return
