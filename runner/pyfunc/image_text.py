"""Images with texts in; what a model goes on with out."""

from typing import Any

from . import batches
from .adapter import Whole
from .decoding import limits
from .loading import Parts
from .media import image_of
from .room import Room, new_at_most
from .rows import records, texts

_MARKS = ("image_token", "boi_token")
"""What processors call the mark that says in a text where its image is."""
_OF_TEXTS = ("input_ids", "decoder_input_ids")
_FEW = 2


class ImageTextToText(Whole):
    """Images with texts in; what the model goes on with out.

    A text that does not say where the image is gets framed by the processor's chat template.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = parts.components["processor"]
        named = (getattr(self._processor, name, None) for name in _MARKS)
        self._marks = [str(mark) for mark in named if mark]
        self._room = Room(parts)

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> list[str]:
        """Give a text a row."""
        given = [
            (image_of(row["image"], number), texts([row["text"]])[0], number)
            for number, row in enumerate(records(rows, ["image", "text"]))
        ]
        return batches.run(
            given, [budget] * len(given), budget, lambda b: [self._go_on(b[0], options)]
        )

    def _framed(self, text: str) -> tuple[str, dict[str, bool]]:
        """Frame a text, and say how it is tokenized then: a beginning is not to stand twice."""
        said = any(mark in text for mark in self._marks)
        if said or not getattr(self._processor, "chat_template", None):
            return text, {}
        content = [{"type": "image"}, {"type": "text", "text": text}]
        framed = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
        )
        begin = self._processor.tokenizer.bos_token
        begun = begin is not None and framed.startswith(begin)
        return framed, {"add_special_tokens": False} if begun else {}

    def _go_on(self, given: tuple[Any, str, int], options: dict[str, Any]) -> str:
        image, said, number = given
        text, how = self._framed(said)
        inputs = self._processor(images=[image], text=text, return_tensors="pt", **how)
        inputs = inputs.to(self._parts.device, self._parts.model.dtype)
        arguments = limits(options, self._parts.model.generation_config)
        if self._parts.model.config.is_encoder_decoder:
            arguments = new_at_most(self._parts, arguments, {})
        elif left := self._room.after(inputs["input_ids"].shape[1], arguments, options, number):
            arguments["max_new_tokens"] = left
        sequence = self._parts.model.generate(**inputs, **arguments)[0]
        told = next((inputs[name][0] for name in _OF_TEXTS if name in inputs), [])
        whole, before = (
            self._processor.decode(ids, skip_special_tokens=True) for ids in (sequence, told)
        )
        return _behind(before, whole).strip()


def _behind(before: str, whole: str) -> str:
    """Leave off the text that a model went on from, where it gives that too.

    Some give it without its last token, some give the new ones alone; so the pipeline looks for it
    among the characters, two of which may stand before it.
    """
    found = whole.find(before)
    return whole[found + len(before) :] if 0 <= found <= _FEW else whole
