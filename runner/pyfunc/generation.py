"""Text that goes on from a prompt."""

from collections.abc import Iterator
from typing import Any

from . import batches
from .adapter import ByRow
from .decoding import Decoder
from .errors import BadRequest, bad_row
from .loading import Parts
from .messages import told_to_template
from .rows import texts

_OF_TEXTS = ("return_full_text", "include_prompt", "collapse_whitespace")


class TextGeneration(ByRow):
    """Prompts in, continuations out."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._decoder = Decoder(parts, _OF_TEXTS)

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[Any]:
        """Give a text a row; a list of texts where several sequences are asked for."""
        if options.get("clean_up_tokenization_spaces") is None:  # as in the pipeline
            options["clean_up_tokenization_spaces"] = True
        prompts = _framed(self._parts, texts(rows), options)
        encoded = self._decoder.encode(prompts, options, special=not self._parts.chats)
        sizes = self._decoder.sizes(encoded, options)
        found = batches.run(encoded, sizes, budget, lambda b: self._decoder.generate(b, options))
        whole = options.get("return_full_text")
        bare = self._parts.prompt_template is None and not self._parts.chats
        whole = whole if whole is not None else bare
        whole = options.get("include_prompt", True) and whole
        return [
            in_one([cleaned((prompt if whole else "") + one.text, options) for one in sequences])
            for prompt, sequences in zip(prompts, found, strict=True)
        ]

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Iterator[str]:
        """Give the continuation of one prompt, piece by piece."""
        if len(rows) != 1:
            raise BadRequest(f"one row can be streamed, {len(rows)} came")
        prompts = _framed(self._parts, texts(rows), options)
        (encoded,) = self._decoder.encode(prompts, options, special=not self._parts.chats)
        yield from self._decoder.stream(encoded, options)


def _framed(parts: Parts, rows: list[str], options: dict[str, Any]) -> list[str]:
    """Frame what a user says as the model was trained: by its chat template, or a prompt template.

    A chat template is rendered at each call where it asks for the time, or is told something.
    """
    if not parts.chats:
        return [template_of(parts, row) for row in rows]
    how = {**told_to_template(options), "tokenize": False, "add_generation_prompt": True}
    found: list[str] = []
    for number, row in enumerate(rows):
        said = [{"role": "user", "content": row}]
        try:
            found.append(parts.tokenizer.apply_chat_template(said, **how))
        except Exception as error:
            raise bad_row(number, f"the chat template refuses the text: {error}") from error
    return found


def template_of(parts: Parts, row: str) -> str:
    """Put a row into the prompt template, where the model has one."""
    return row if parts.prompt_template is None else parts.prompt_template.format(prompt=row)


def in_one(sequences: list[str]) -> Any:
    """Give one sequence as text, several as a list."""
    return sequences[0] if len(sequences) == 1 else sequences


def cleaned(text: str, options: dict[str, Any]) -> str:
    """Take white space off its ends; between its words too, with ``collapse_whitespace``."""
    return " ".join(text.split()) if options.get("collapse_whitespace") else text.strip()
