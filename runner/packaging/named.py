"""What a model is called that is made of a recipe: the same wherever and whenever it is made."""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mlflow.models import Model

from runner.errors import StorageError

_TIME_VARIABLE = "SOURCE_DATE_EPOCH"
_DIGITS = 32


def named_model(metadata: Mapping[str, Any], commit: str) -> Model:
    """Begin the description of a model.

    Args:
        metadata: ``recipe`` and ``recipe_digest``.
        commit: Commit of its weights, for sources that have one.

    Returns:
        A description whose identifier is of the recipe's digest, and whose time is that of
        ``SOURCE_DATE_EPOCH``, else none: when a model was made, its record says.

    Raises:
        StorageError: The variable says no time.

    Source: https://reproducible-builds.org/specs/source-date-epoch/.
    """
    named = f"{metadata['recipe']} {metadata['recipe_digest']} {commit}"
    identifier = hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return Model(model_uuid=identifier, utc_time_created=_time())


def _time() -> datetime:
    said = os.environ.get(_TIME_VARIABLE, "0")
    try:
        return datetime.fromtimestamp(int(said), UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError) as error:
        raise StorageError(
            f"{_TIME_VARIABLE}={said} is no time",
            "Set it to a number of seconds since 1970, or unset it.",
        ) from error
