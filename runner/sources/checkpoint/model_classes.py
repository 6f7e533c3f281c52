"""The classes of transformers that a checkpoint's model can be of, for a task."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from runner.tasks import Task
from runner.upstream.transformers_api import can_load, settle_class

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel


def fitting_classes(
    task: Task, config: "PretrainedConfig", own: Collection[str] = ()
) -> Iterator[Any]:
    """Give the classes that have a model for a configuration, the preferred one first.

    Args:
        task: The task; one without a pipeline takes whichever class the configuration names.
        config: The configuration.
        own: Auto classes that code which comes with the checkpoint has a model for.

    Yields:
        Classes with a ``from_pretrained``: a model's own, or auto classes.
    """
    import transformers

    if task.forward:
        said: Any = getattr(config, "architectures", None) or []
        named: list[Any] = [said] if isinstance(said, str) else list(said)
        classes = (getattr(transformers, name, None) for name in named if isinstance(name, str))
        yield from (one for one in classes if one is not None and _is_for(one, config))
    for name in task.auto_models:
        auto_class = getattr(transformers, name, None)  # some are of one major version alone
        if auto_class is not None and (name in own or can_load(auto_class, config)):
            yield auto_class


def text_config(config: "PretrainedConfig") -> "PretrainedConfig":
    """Give the part of a configuration that is about text, of several the one that generates.

    Args:
        config: A configuration; of a model that is nothing but text it is the whole.
    """
    try:
        return config.get_text_config()
    except ValueError:  # one part encodes text, another generates (MusicGen)
        return config.get_text_config(decoder=True)


def made_from(
    model_class: Any, config: "PretrainedConfig", *, trusted: bool = False
) -> "PreTrainedModel":
    """Make a model, with random weights, of a class of :func:`fitting_classes`.

    Args:
        model_class: The class.
        config: The configuration.
        trusted: Whether code that comes with the checkpoint may run.
    """
    if hasattr(model_class, "from_config"):
        if can_load(model_class, config):
            settle_class(model_class, config)
        return model_class.from_config(config, trust_remote_code=trusted)
    return model_class(config)


def _is_for(model_class: Any, config: "PretrainedConfig") -> bool:
    """Say whether a class is a model's, made from such a configuration."""
    from transformers import PreTrainedModel

    is_model = isinstance(model_class, type) and issubclass(model_class, PreTrainedModel)
    wanted: Any = getattr(model_class, "config_class", None)
    return is_model and isinstance(wanted, type) and isinstance(config, wanted)
