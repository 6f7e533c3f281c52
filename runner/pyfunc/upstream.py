"""What is used of MLflow and transformers beyond what they document.

Seen in MLflow 3.17.0 to 3.17.2, and in transformers 4.57 and 5.23: a pipeline of 4 keeps its
settings of generation as a configuration, one of 5 as what was given and what it adds by itself.
"""

import copy
from collections.abc import Collection
from typing import Any

from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from transformers import GenerationConfig
from transformers.pipelines import SUPPORTED_TASKS, PipelineException

__all__ = [
    "INVALID_PARAMETER_VALUE",
    "PipelineException",
    "is_panic",
    "is_told_languages",
    "pipeline_tasks",
    "usual_generation",
    "usual_prefix",
    "with_generation",
]


def is_panic(error: BaseException) -> bool:
    """Say whether an error is a tokenizer's that gave up: no Exception, of a class without a home.

    Args:
        error: What was raised.
    """
    return type(error).__name__ == "PanicException"


def pipeline_tasks() -> Collection[str]:
    """Give the tasks that this version of transformers has a pipeline for."""
    return SUPPORTED_TASKS.keys()


def is_told_languages(tokenizer: Any) -> bool:
    """Say whether a tokenizer makes inputs for translation of a source and a target language.

    Args:
        tokenizer: Any tokenizer.
    """
    return hasattr(tokenizer, "_build_translation_inputs")


def usual_generation(pipeline: Any) -> GenerationConfig:
    """Give how a pipeline generates where a call says nothing.

    Args:
        pipeline: A pipeline whose model generates.
    """
    if (config := getattr(pipeline, "generation_config", None)) is not None:
        return config
    config = copy.deepcopy(pipeline.model.generation_config)
    said = {**config.to_diff_dict(), **pipeline._generate_kwargs}
    usual = {k: v for k, v in pipeline._generation_defaults.items() if k not in said}
    if "max_length" in said:
        usual.pop("max_new_tokens", None)
    config.update(**usual)
    return config


def usual_prefix(pipeline: Any) -> str:
    """Give what a pipeline puts before each text where a call says nothing.

    Args:
        pipeline: A pipeline that goes on with texts.
    """
    return str(pipeline._preprocess_params.get("prefix") or "")


def with_generation(pipeline: Any, settings: dict[str, Any]) -> Any:
    """Give a pipeline that generates in another way; the one that is given stays as it is.

    Args:
        pipeline: A pipeline whose model generates.
        settings: Settings of generation.
    """
    other = copy.copy(pipeline)
    if getattr(pipeline, "generation_config", None) is not None:
        other.generation_config = copy.deepcopy(pipeline.generation_config)
        if "max_length" in settings and "max_new_tokens" not in settings:
            settings = {"max_new_tokens": None, **settings}
        other.generation_config.update(**settings)
    else:
        other._generate_kwargs = {**pipeline._generate_kwargs, **settings}
    return other
