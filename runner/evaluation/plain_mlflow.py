"""Plain MLflow in a process of its own, which never heard of the runner: a line in, a line out.

It is run as a file, by a Python that has a model's requirements and nothing else: it imports the
standard library alone, and mlflow once it is told which model.
"""

import base64
import json
import os
import random
import sys
from collections.abc import Callable, Iterable
from typing import IO, Any


def written(value: Any) -> Any:
    """Give a value as JSON has it, from which ``read`` makes it again.

    Args:
        value: A request or an answer: containers of texts, numbers, bytes and arrays. A frame
            becomes the list of its rows.
    """
    match value:
        case dict():
            return {"map": [[str(key), written(item)] for key, item in value.items()]}
        case list() | tuple():
            return [written(item) for item in value]
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case str() | int() | float() | None:
            return value
        case _ if hasattr(value, "to_dict") and hasattr(value, "columns"):
            return written(value.to_dict(orient="records"))
        case _ if hasattr(value, "tolist"):
            if getattr(value, "shape", ()) and value.dtype.kind in "biuf":
                return {"array": [str(value.dtype), value.tolist()]}
            return written(value.tolist())
        case _:
            return str(value)


def read(value: Any) -> Any:
    """Make a value of what ``written`` gave.

    Args:
        value: A value as JSON has it.
    """
    match value:
        case list():
            return [read(item) for item in value]
        case {"map": pairs}:
            return {key: read(item) for key, item in pairs}
        case {"bytes": text}:
            return base64.b64decode(text)
        case {"array": [dtype, items]}:
            import numpy as np

            return np.array(items, dtype=dtype)
        case _:
            return value


def _seed(seed: int) -> None:
    random.seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)


def _answer(predict: Callable[..., Any], line: str) -> dict[str, Any]:
    asked = json.loads(line)
    _seed(asked["seed"])
    try:
        given = predict(read(asked["inputs"]), params=read(asked["params"]))
    except Exception as error:  # the code of a model raises anything
        return _failed(error)
    return {"answer": written(given)}


def _failed(error: Exception) -> dict[str, Any]:
    lines = str(error).strip().splitlines()
    return {"error": f"{type(error).__name__}: {lines[0] if lines else ''}"}


def _replies(model: str, config: Any, lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    try:
        from mlflow.pyfunc import load_model

        predict = load_model(model, suppress_warnings=True, model_config=config).predict
    except Exception as error:
        yield _failed(error)
        return
    yield {"loaded": model}
    for line in lines:
        yield _answer(predict, line)


def main(requests: IO[str], replies: IO[str]) -> None:
    """Load the model that the first line names, and answer each line after it.

    Args:
        requests: Lines of JSON.
        replies: Where a line goes for each.
    """
    named = json.loads(requests.readline())
    for reply in _replies(named["model"], named["config"], requests):
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what libraries print is no reply
        main(sys.stdin, out)
