"""Which adapter serves which task."""

from .adapter import Adapter
from .answers import QuestionAnswering
from .embeddings import Embeddings, EmbeddingsProtocol
from .errors import BadRequest
from .generation import TextGeneration, TextToText
from .loading import Parts
from .pipelines import (
    AudioClassification,
    FillMask,
    SpeechRecognition,
    TableAnswers,
    TextClassification,
    TextToAudio,
    TokenClassification,
    ZeroShot,
)
from .protocols import Chat, Completions
from .vision import (
    DepthEstimation,
    DocumentAnswers,
    ImageClassification,
    ImageEmbeddings,
    ImageSegmentation,
    ImageTextToText,
    ImageToText,
    ObjectDetection,
    VisualAnswers,
    ZeroShotImageClassification,
    ZeroShotObjectDetection,
)

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
    "document-question-answering": DocumentAnswers,
    "object-detection": ObjectDetection,
    "zero-shot-object-detection": ZeroShotObjectDetection,
    "zero-shot-image-classification": ZeroShotImageClassification,
    "image-segmentation": ImageSegmentation,
    "depth-estimation": DepthEstimation,
    "image-feature-extraction": ImageEmbeddings,
    "image-text-to-text": ImageTextToText,
    "text-to-audio": TextToAudio,
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
