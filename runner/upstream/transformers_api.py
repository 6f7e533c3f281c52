"""What is used of transformers beyond what it documents, behind names of ours.

Seen in the sources of transformers 4.57.0, and run with 4.57.6 and 5.23.0.
"""

import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.upstream.interface import Interface

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

_interface = partial(Interface, "transformers", "4.57.0 to 5.23.0")
_AUTO = "transformers.models.auto"
_MODELS = "transformers.modeling_utils"

_SKLEARN = Interface(
    "transformers",
    "4.57.0 to 4.57.6",
    "transformers.utils.import_utils",
    "_sklearn_available",
    needed="<5",  # 5 imports it once it is used
)
_MAPPING = _interface(f"{_AUTO}.auto_factory", "_BaseAutoModelClass._model_mapping")
_IN_FLOAT32 = _interface(_MODELS, "PreTrainedModel._keep_in_fp32_modules")
_IN_FLOAT32_ALWAYS = _interface(_MODELS, "PreTrainedModel._keep_in_fp32_modules_strict")
_TIED = _interface(_MODELS, "PreTrainedModel._tied_weights_keys")
_UNFILLED = Interface("transformers", "4.57.0 to 4.57.6", _MODELS, "no_init_weights", needed="<5")
_WEIGHTLESS = Interface(
    "transformers", "4.57.0 to 4.57.6", _MODELS, "init_empty_weights", needed="<5"
)
_MISSING = Interface(
    "transformers",
    "4.57.0 to 4.57.6",
    _MODELS,
    "PreTrainedModel._move_missing_keys_from_meta_to_cpu",
    ("missing_keys",),
    needed="<5",
)
_IMPORTS = _interface("transformers.dynamic_module_utils", "get_imports", ("filename",))
_GENERATION = _interface(
    "transformers.generation.utils",
    "GenerationMixin._prepare_generation_config",
    ("generation_config", "kwargs"),
)
_ARGUMENTS = _interface("transformers.pipelines.base", "Pipeline._sanitize_parameters")
_TOKENIZERS = _interface(f"{_AUTO}.tokenization_auto", "TOKENIZER_MAPPING_NAMES")
_EXTRACTORS = _interface(f"{_AUTO}.feature_extraction_auto", "FEATURE_EXTRACTOR_MAPPING_NAMES")
_IMAGE_PROCESSORS = _interface(f"{_AUTO}.image_processing_auto", "IMAGE_PROCESSOR_MAPPING_NAMES")
_PROCESSORS = _interface(f"{_AUTO}.processing_auto", "PROCESSOR_MAPPING_NAMES")
_MASKED = _interface(f"{_AUTO}.modeling_auto", "MODEL_FOR_MASKED_LM_MAPPING_NAMES")
_NORMALIZERS = "transformers.models.whisper.english_normalizer"
_ENGLISH = _interface(_NORMALIZERS, "EnglishTextNormalizer", ("english_spelling_mapping",))
_BASIC = _interface(_NORMALIZERS, "BasicTextNormalizer")
_LISTINGS = {
    "tokenizer": _TOKENIZERS,
    "feature_extractor": _EXTRACTORS,
    "image_processor": _IMAGE_PROCESSORS,
    "processor": _PROCESSORS,
}


def generation_arguments_of(
    pipeline: Any, settings: Mapping[str, Any], within: Mapping[str, Any]
) -> dict[str, Any]:
    """Say settings of generation as a pipeline takes them.

    Some take each by its name, some in ``generate_kwargs``, and some drop what they do not know.

    Args:
        pipeline: The pipeline.
        settings: The settings.
        within: What ``generate_kwargs`` has already.

    Returns:
        Arguments of its call; what it has no way to take is not among them.
    """
    from transformers import StoppingCriteriaList, StopStringCriteria

    if words := settings.get("stop_strings"):  # by themselves generate looks for no tokenizer
        ends = StopStringCriteria(pipeline.tokenizer, words)
        kept = {name: value for name, value in settings.items() if name != "stop_strings"}
        settings = {**kept, "stopping_criteria": StoppingCriteriaList([ends])}
    own = inspect.signature(_ARGUMENTS.of(pipeline)).parameters
    named = {name: value for name, value in settings.items() if name in own}
    rest = {name: value for name, value in settings.items() if name not in own}
    for words in (rest, {"generate_kwargs": {**within, **rest}}):
        try:
            _, forward, _ = _ARGUMENTS.of(pipeline)(**words)
        except TypeError:  # it knows no such argument
            continue
        if rest.keys() <= {*forward, *(forward.get("generate_kwargs") or {})}:
            return {**named, **words} if rest else named
    return named


def english_normalizer() -> Callable[[str], str]:
    """Give Whisper's normaliser of English, without the list of a checkpoint's spellings."""
    return _ENGLISH.get()({})


def basic_normalizer() -> Callable[[str], str]:
    """Give Whisper's normaliser of any language."""
    return _BASIC.get()()


def spare_unused_imports() -> None:
    """Keep transformers 4 from importing scikit-learn and scipy, a second of every start.

    It wants them only to tune assisted generation, which no recipe can ask for; MLflow installs
    them, so transformers finds them. To be called before transformers' models are imported.

    Raises:
        Moved: transformers 4 asks elsewhere whether they are there.
    """
    if _SKLEARN.is_needed:
        _SKLEARN.get()
        setattr(import_module(_SKLEARN.module), _SKLEARN.name, False)


def can_load(auto_class: Any, config: "PretrainedConfig") -> bool:
    """Say whether an auto class has a model for a configuration.

    Args:
        auto_class: Such as ``AutoModelForCausalLM``.
        config: The configuration.
    """
    return type(config) in _MAPPING.of(auto_class)


def settle_class(auto_class: Any, config: "PretrainedConfig") -> None:
    """Name the first class in a configuration, where there are several and nobody chose one.

    Args:
        auto_class: An auto class that can load it.
        config: The configuration; its ``architectures`` are set.
    """
    found: Any = _MAPPING.of(auto_class)[type(config)]
    if isinstance(found, list | tuple) and not config.architectures:
        config.architectures = [found[0].__name__]


def settled_generation(
    model: Any, config: Any, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the settings that ``generate`` comes to, of all that have a say in them.

    Args:
        model: The model that is asked.
        config: The ``generation_config`` that is passed; None for none.
        arguments: What else is passed by name.

    Returns:
        The settings, and what of the arguments is none of them.
    """
    settled, rest = _GENERATION.of(model)(config, **arguments)
    return settled.to_dict(), rest


@contextmanager
def made_weightless() -> Generator[None]:
    """Have models made as transformers 4 makes them to load them: without weights, with buffers.

    For those that read numbers off their buffers while they are made, which a device of shapes
    alone does not have.

    Raises:
        NotImplementedError: This version of transformers has no such way.
    """
    if not _WEIGHTLESS.is_needed:
        raise NotImplementedError("a model that needs its buffers while it is made")
    with _UNFILLED.get()(), _WEIGHTLESS.get()():
        yield


@contextmanager
def missing_stay_weightless() -> Generator[None]:
    """Have no memory taken for weights that a checkpoint lacks, or has in another shape.

    transformers 4 makes them, in the size that the configuration says, and fills them with random
    numbers; 5 makes them where the model is.

    Raises:
        Moved: transformers 4 makes them elsewhere.
    """
    if not _MISSING.is_needed:
        yield
        return
    kind: Any = import_module(_MODELS).PreTrainedModel
    theirs = {"_move_missing_keys_from_meta_to_cpu": _MISSING.get()}
    theirs["initialize_weights"] = kind.initialize_weights
    for name in theirs:
        setattr(kind, name, lambda *_: None)
    try:
        yield
    finally:
        for name, own in theirs.items():
            setattr(kind, name, own)


def kept_in_float32(model: "PreTrainedModel", *, bfloat16: bool) -> tuple[str, ...]:
    """Give the parts of a model that transformers leaves in float32 when the rest is halved.

    Args:
        model: The model.
        bfloat16: Whether the rest becomes bfloat16, which fewer parts cannot take.

    Returns:
        Patterns of names of modules.
    """
    always, else_ = _IN_FLOAT32_ALWAYS.of(model) or (), _IN_FLOAT32.of(model) or ()
    return tuple(always) if bfloat16 else (*always, *else_)


def tied_names(model_class: "type[PreTrainedModel]") -> tuple[str, ...]:
    """Give the weights that a class of models has from other weights of it, by name or pattern.

    Args:
        model_class: The class.
    """
    return tuple(_TIED.of(model_class) or ())


def imported_by(file: Path) -> list[str]:
    """Give the modules that a file of a checkpoint's code imports; it is read, not run.

    Args:
        file: The Python file.
    """
    return _IMPORTS.get()(file)


def listed(component: str) -> Mapping[str, Any]:
    """Give the class of a component by model type, as the auto classes list them.

    Args:
        component: ``tokenizer``, ``feature_extractor``, ``image_processor`` or ``processor``.

    Returns:
        A class's name; several, with or without their kind, where there are a slow and a fast one.
    """
    return _LISTINGS[component].get()


def is_masked_language_model(model_type: str) -> bool:
    """Say whether a model type can fill masks.

    Args:
        model_type: Such as ``bert``.
    """
    return model_type in _MASKED.get()
