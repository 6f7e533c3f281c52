"""Text that goes on from a prompt."""

from collections.abc import Iterator
from typing import Any

from . import batches
from .adapter import ByRow
from .decoding import Decoder
from .errors import BadRequest
from .loading import Parts
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
        prompts = [framed(self._parts, text) for text in texts(rows)]
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
        prompts = [framed(self._parts, texts(rows)[0])]
        (encoded,) = self._decoder.encode(prompts, options, special=not self._parts.chats)
        yield from self._decoder.stream(encoded, options)


def framed(parts: Parts, row: str) -> str:
    """Frame what a user says as the model was trained: by its chat template, or a prompt template.

    A chat template is rendered at each call where it asks for the time.
    """
    if not parts.chats:
        return template_of(parts, row)
    said = [{"role": "user", "content": row}]
    return parts.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)


def template_of(parts: Parts, row: str) -> str:
    """Put a row into the prompt template, where the model has one."""
    return row if parts.prompt_template is None else parts.prompt_template.format(prompt=row)


def in_one(sequences: list[str]) -> Any:
    """Give one sequence as text, several as a list."""
    return sequences[0] if len(sequences) == 1 else sequences


def cleaned(text: str, options: dict[str, Any]) -> str:
    """Take white space off its ends; between its words too, with ``collapse_whitespace``."""
    return " ".join(text.split()) if options.get("collapse_whitespace") else text.strip()
