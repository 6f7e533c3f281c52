"""Feature extractors, image processors and processors made to fit a small configuration."""

from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.sources.scratch.tokenizer import IMAGE_TOKEN, train_tokenizer
from runner.tasks import Task
from runner.upstream.transformers_api import listed

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_HOP = 160


def make_feature_extractor(config: "PretrainedConfig", task: Task) -> Any:
    """Make the feature extractor of an audio architecture.

    Args:
        config: Configuration of the model; its number of mel bins and positions are kept to.
        task: The task.

    Raises:
        SourceError: The architecture has none.
    """
    extractor = _class_of("feature_extractor", config)
    fields: dict[str, Any] = {}
    if bins := getattr(config, "num_mel_bins", None):
        fields["feature_size"] = bins
    if positions := getattr(config, "max_source_positions", None):
        fields["chunk_length"] = max(1, 2 * positions * _HOP // 16_000)
    heard = getattr(config, "audio_config", None)
    if heard is not None and hasattr(heard, "enable_fusion"):
        # CLAP: of a long recording several views, or one
        fields["truncation"] = "fusion" if heard.enable_fusion else "rand_trunc"
    return extractor(**fields)


def make_image_processor(config: "PretrainedConfig", task: Task) -> Any:
    """Make the image processor of a vision architecture, for images as small as the model.

    Args:
        config: Configuration of the model, or of one with a vision part.
        task: The task.

    Raises:
        SourceError: The architecture has none.
    """
    processor = _class_of("image_processor", config)()
    parts = (getattr(config, name, None) for name in ("vision_config", "encoder"))
    sides = (getattr(part, "image_size", None) for part in (*parts, config))
    side = next(filter(None, sides), 32)
    side = int(side[0] if isinstance(side, list | tuple) else side)
    for name in ("size", "crop_size", "pad_size"):
        usual = getattr(processor, name, None)
        if usual and not isinstance(usual, int | list | tuple):  # a mapping, or what reads as one
            small = {key: side for key, given in dict(usual).items() if given}
            if len(small) > 1 and "longest_edge" in small:  # of the one, and at most of the other
                small["longest_edge"] = 2 * side
            setattr(processor, name, small)
    return processor


def make_processor(config: "PretrainedConfig", task: Task) -> Any:
    """Make the processor of a multimodal architecture from parts made for it.

    Args:
        config: Configuration of the model.
        task: The task.

    Raises:
        SourceError: The architecture has none, or one of parts that cannot be made.
    """
    processor = _class_of("processor", config)
    makers = {
        "tokenizer": train_tokenizer,
        "qformer_tokenizer": train_tokenizer,
        "image_processor": make_image_processor,
        "feature_extractor": make_feature_extractor,
    }
    own: Any = getattr(processor, "get_attributes", None)  # transformers 5; a list in 4
    names: list[str] = list(own() if own else processor.attributes)
    if lacking := [name for name in names if name not in makers]:
        part = lacking[0].replace("_", " ")
        raise SourceError(
            f"a scratch source cannot make the {part} of {config.model_type}",
            "Take another architecture.",
        )
    parts = {name: makers[name](config, task) for name in names}
    extra: dict[str, Any] = {}
    if hasattr(config, "vision_feature_select_strategy"):
        vision: Any = getattr(config, "vision_config", config)
        extra = {
            "patch_size": vision.patch_size,
            "vision_feature_select_strategy": config.vision_feature_select_strategy,
            "num_additional_image_tokens": 1,
            "image_token": IMAGE_TOKEN,
        }
    elif hasattr(config, "num_query_tokens"):  # an image is so many tokens to the text
        extra = {"num_query_tokens": config.num_query_tokens}
    return processor(**parts, **extra)


def _class_of(component: str, config: "PretrainedConfig") -> Any:
    import transformers

    listing = listed(component)
    for model_type in (config.model_type, _vision_type(config)):
        if name := _slow(listing.get(model_type)):
            return getattr(transformers, name)
    raise SourceError(
        f"transformers has no {component.replace('_', ' ')} for {config.model_type}",
        "Take an architecture that fits the task.",
    )


def _slow(found: Any) -> str | None:
    """Choose, of an image processor's forms, the one that does without torchvision."""
    match found:
        case (name, *_):
            return name
        case {"pil": name}:  # transformers 5
            return name
        case _:
            return found


def _vision_type(config: "PretrainedConfig") -> str:
    part = getattr(config, "vision_config", None) or getattr(config, "encoder", None)
    return str(getattr(part, "model_type", ""))
