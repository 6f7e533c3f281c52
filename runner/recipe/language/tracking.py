"""What a recipe says of its run in MLflow, in names that MLflow takes."""

import posixpath
import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from runner.recipe.language.block import Block

_ALIAS = re.compile(r"[\w-]{1,255}")
_VERSION = re.compile(r"[vV]\d+")
_TAG = re.compile(r"[/\w.\- :]{1,250}")
_LONGEST_EXPERIMENT = 500


def name_problem(name: str) -> str:
    """Say why no model can be registered by a name; nothing where one can.

    Args:
        name: The name.

    Source: ``mlflow.utils.validation`` of MLflow 3.17, as for the functions below.
    """
    if not name.strip() or {"/", ":"} & {*name} or _is_no_name(name):
        return "a registered model has a name without `/` and `:`"
    return ""


def alias_problem(alias: str) -> str:
    """Say why no version can have an alias; nothing where one can.

    Args:
        alias: The alias.
    """
    if not _ALIAS.fullmatch(alias):
        return "an alias has letters, digits, `_` and `-`, 255 at most"
    if alias.lower() == "latest" or _VERSION.fullmatch(alias):
        return f"the alias {alias} is one of MLflow's own"
    return ""


def _is_no_name(text: str) -> bool:
    normal = posixpath.normpath(text)
    return normal != text or normal == "." or normal.startswith(("..", "/"))


def _registered(name: str) -> str:
    return _insist(name, name_problem(name))


def _aliased(alias: str) -> str:
    return _insist(alias, alias_problem(alias))


def _experiment(name: str) -> str:
    long = len(name) > _LONGEST_EXPERIMENT
    problem = f"the name of an experiment has {_LONGEST_EXPERIMENT} characters at most"
    return _insist(name, problem if long else "")


def _tag(key: str) -> str:
    fits = _TAG.fullmatch(key) and not _is_no_name(key)
    problem = "the name of a tag has letters, digits, spaces and `_.-:/`, 250 at most"
    return _insist(key, "" if fits else problem)


def _insist(text: str, problem: str) -> str:
    if problem:
        raise PydanticCustomError("mlflow_name", "{problem}", {"problem": problem})
    return text


class Tracking(Block):
    """What is said of the run in MLflow; where the server is belongs to the run, not the recipe.

    Args:
        experiment: Experiment name; ``recipes`` where absent.
        register_as: Registered model name; the model is registered once it is proven.
        alias: Alias of the registered version, such as ``champion``; set where every gate passed
            and no check failed, and nowhere else.
        tags: Tags of the run and the logged model.
    """

    experiment: Annotated[str, AfterValidator(_experiment)] = Field(default="recipes", min_length=1)
    register_as: Annotated[str, AfterValidator(_registered)] | None = Field(
        default=None, min_length=1
    )
    alias: Annotated[str, AfterValidator(_aliased)] | None = Field(default=None, min_length=1)
    tags: dict[Annotated[str, AfterValidator(_tag)], str] = Field(default_factory=dict)
