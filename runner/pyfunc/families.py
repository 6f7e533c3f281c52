"""Which adapter serves which task."""

from typing import Any, Protocol

from .answers import QuestionAnswering, VisualAnswers
from .embeddings import Embeddings, EmbeddingsProtocol
from .errors import BadRequest
from .generation import ImageToText, TextGeneration, TextToText
from .loading import Parts
from .pipelines import (
    AudioClassification,
    FillMask,
    ImageClassification,
    SpeechRecognition,
    TableAnswers,
    TextClassification,
    TokenClassification,
    ZeroShot,
)
from .protocols import Chat, Completions


class Adapter(Protocol):
    """Runs rows of one task."""

    def __init__(self, parts: Parts) -> None:
        """Get ready to run."""
        ...

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give an output a row."""
        ...

    def stream(self, rows: list[Any], options: dict[str, Any]) -> Any:
        """Give the output of one row piece by piece."""
        ...


_ADAPTERS: dict[str, type[Adapter]] = {
    "text-generation": TextGeneration,
    "conversational": TextGeneration,
    "instructional-text-generation": TextGeneration,
    "summarization": TextToText,
    "translation": TextToText,
    "text2text-generation": TextToText,
    "text-classification": TextClassification,
    "token-classification": TokenClassification,
    "fill-mask": FillMask,
    "zero-shot-classification": ZeroShot,
    "question-answering": QuestionAnswering,
    "table-question-answering": TableAnswers,
    "feature-extraction": Embeddings,
    "automatic-speech-recognition": SpeechRecognition,
    "audio-classification": AudioClassification,
    "image-classification": ImageClassification,
    "image-to-text": ImageToText,
    "visual-question-answering": VisualAnswers,
    "llm/v1/chat": Chat,
    "llm/v1/completions": Completions,
    "llm/v1/embeddings": EmbeddingsProtocol,
}


def adapter_for(parts: Parts) -> Adapter:
    """Give the adapter of a model.

    Args:
        parts: What runs.

    Raises:
        BadRequest: There is none for its task.
    """
    task = parts.task.partition("_")[0] if parts.task.startswith("translation_") else parts.task
    if task not in _ADAPTERS:
        raise BadRequest(f"there is no inference code for {parts.task}")
    return _ADAPTERS[task](parts)
