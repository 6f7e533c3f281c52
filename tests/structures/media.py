"""Structures: models of images and sounds, in the forms that weights come in."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import transformers

from tests.layouts import pickled, shards, variant
from tests.structures.structure import KEPT, Made, Structure, tiny
from tests.whisper import tiny_whisper

_SPEECH = "automatic-speech-recognition"
_AUTO = {
    "image-classification": "AutoModelForImageClassification",
    "image-segmentation": "AutoModelForSemanticSegmentation",
    "object-detection": "AutoModelForObjectDetection",
    "audio-classification": "AutoModelForAudioClassification",
    _SPEECH: "AutoModelForSpeechSeq2Seq",
}
_MODELS = {
    "image-classification": "deit convnext",
    "image-segmentation": "segformer",
    "object-detection": "yolos",
    "audio-classification": "wav2vec2",
}
_PICKLE = {"allow_pickle": True}
_VARIANT = {"load": {"model": {"variant": "fp16"}}}
Change = Callable[[Path, Path], Path]
_FORMS: dict[str, tuple[Change, dict[str, Any]]] = {
    "shards": (shards, {}),
    "a pickle file": (pickled, _PICKLE),
    "variant fp16": (variant, _VARIANT),
}


def structures() -> list[Structure]:
    """Give them."""
    return [
        *(
            Structure(architecture, task, form, partial(_made, partial(tiny, architecture, task),
                                                        _AUTO[task], form))
            for task, architectures in _MODELS.items()
            for architecture in architectures.split()
            for form in _FORMS
        ),
        *(
            Structure("whisper", _SPEECH, form, partial(_made, _whisper, _AUTO[_SPEECH], form))
            for form in ("one file", *_FORMS)
        ),
    ]  # fmt: skip


def _made(first: Callable[[], Path], auto: str, form: str, folder: Path) -> Made:
    if form not in _FORMS:
        return Made(first())
    change, recipe = _FORMS[form]
    other = change(first(), folder / "changed")
    if change is not variant:
        return Made(other, recipe)
    load = getattr(transformers, auto).from_pretrained
    return Made(other, recipe, partial(load, other, variant="fp16", dtype="auto"))


@cache
def _whisper() -> Path:
    return tiny_whisper(KEPT / "its" / "whisper", seconds=2)
