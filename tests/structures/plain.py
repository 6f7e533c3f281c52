"""Structures: the architectures of every task, as save_pretrained writes them, and in shards."""

from functools import partial
from pathlib import Path

from tests.structures.structure import Made, Structure, tiny

_ARCHITECTURES = {
    "text-generation": "gpt2 llama mistral qwen2 gemma gpt_neox opt bloom phi",
    "text2text-generation": "t5 bart mt5 pegasus",
    "summarization": "bart t5",
    "translation_en_to_fr": "t5 marian",
    "text-classification": "bert roberta distilbert albert electra gpt2 llama",
    "token-classification": "bert roberta xlm-roberta deberta-v2",
    "fill-mask": "bert roberta distilbert mpnet",
    "question-answering": "bert roberta",
    "feature-extraction": "bert mpnet",
    "zero-shot-classification": "bert bart",
    "table-question-answering": "tapas",
    "image-classification": "vit resnet deit convnext swin",
    "image-feature-extraction": "vit dinov2",
    "image-segmentation": "segformer dpt beit",
    "object-detection": "yolos",
    "depth-estimation": "glpn dpt",
    "image-to-text": "blip",
    "image-text-to-text": "llava blip-2 instructblip git",
    "visual-question-answering": "vilt",
    "document-question-answering": "layoutlm",
    "zero-shot-image-classification": "clip",
    "zero-shot-object-detection": "owlvit",
    "automatic-speech-recognition": "wav2vec2 hubert",
    "audio-classification": "wav2vec2 hubert audio-spectrogram-transformer",
    "text-to-audio": "vits",
    "video-classification": "videomae timesformer",
}


def structures() -> list[Structure]:
    """Give them."""
    return [
        Structure(architecture, task, "one file", partial(_plain, architecture, task))
        for task, architectures in _ARCHITECTURES.items()
        for architecture in architectures.split()
    ]


def _plain(architecture: str, task: str, _folder: Path) -> Made:
    return Made(tiny(architecture, task))
