"""Where a text says that an image stands, as a model's processor wants it said."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import raise_if_ours

_TOKEN_IDS = ("image_token_id", "image_token_index")
"""What configurations call the id of the token in whose place a model looks at an image."""
_MARKS = ("image_token", "boi_token")
"""What processors call the mark that they look for in a text."""
_SIDE = 64


def marked(example: Any, components: Mapping[str, Any], config: Any) -> Any:
    """Write into the text of an example where its image is, if the model's processor wants that.

    Some processors put the tokens of an image before each text by themselves (BLIP-2, PaliGemma),
    some in the place of a mark in it (LLaVA), and some models look at images beside the text
    (GIT). No field says which, so the processor is asked: what counts is the first text in whose
    tokens it has a token of the image.

    Args:
        example: A mapping with ``text``.
        components: The model's components, its ``processor`` among them.
        config: The model's configuration.
    """
    ids = (getattr(config, name, None) for name in _TOKEN_IDS)
    token = next((one for one in ids if one is not None), None)
    processor = components["processor"]
    if token is None:
        return example
    for text in _ways_to_say(example["text"], processor):
        if _places(processor, text, token):
            return {**example, "text": text}
    return example


def _ways_to_say(text: str, processor: Any) -> Iterator[str]:
    """Give a text as it is, as a user of a chat says it, and behind each mark."""
    yield text
    if getattr(processor, "chat_template", None):
        said = [{"type": "image"}, {"type": "text", "text": text}]
        yield processor.apply_chat_template(
            [{"role": "user", "content": said}], tokenize=False, add_generation_prompt=True
        )
    for name in _MARKS:
        if mark := getattr(processor, name, None):
            yield f"{mark} {text}"


def _places(processor: Any, text: str, token: int) -> bool:
    """Say whether a processor has a token of the image among those of a text."""
    import numpy as np
    from PIL import Image

    image = Image.new("RGB", (_SIDE, _SIDE))
    try:
        ids = processor(images=[image], text=text, return_tensors="pt")["input_ids"]
    except Exception as error:  # so many say that there is no mark, or one that is not theirs
        raise_if_ours(error)
        return False
    return bool((np.asarray(ids) == token).any())
