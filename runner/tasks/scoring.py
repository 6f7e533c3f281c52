"""The forms in which answers are scored: what metrics know of an answer, whatever the task."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

Form = Literal["labels", "text", "entities", "vector", "number", "ranking", "boxes", "likelihood"]
"""The form of an answer, as metrics get it; targets have the plain part of it.

| form | an answer | a target |
|---|---|---|
| ``labels`` | ``[{"label": str, "score": float}, …]``, the best first | a label, or several |
| ``text`` | text | a text, or a list of texts that are right |
| ``entities`` | ``[{"label": str, "start": int, "end": int}, …]``, in characters | the same |
| ``vector`` | ``[float, …]`` | none: two inputs of a row are scored as ``number`` |
| ``number`` | a number, such as the cosine of the vectors of two inputs | a number |
| ``ranking`` | ``[str, …]``: what was ranked, the best first | one, several, or ``{it: gain}`` |
| ``boxes`` | ``[{"label": str, "score": float, "box": {"xmin": …}}]`` | the same without scores |
| ``likelihood`` | ``{"log_likelihood": float, "tokens": int}``, in nats | none |
"""

FORMS: tuple[Form, ...] = get_args(Form)

Scored = Callable[[Any], Any]
"""Turns the answer to one input, of a pyfunc or a pipeline, into the form that metrics take."""
_SCORES: Mapping[str, bool] = {"return_scores": True}


class ScoringError(Exception):
    """An answer has not what it would be scored by; says what."""


def as_it_is(answer: Any) -> Any:
    """Score an answer as it is; of several sequences the first."""
    return answer[0] if isinstance(answer, list) and answer else answer


def labels(answer: Any, label: str = "label", score: str = "score") -> list[dict[str, Any]]:
    """Give the labels of an answer with their scores, the best first.

    Args:
        answer: One label with its score, columns of lists of them, a list of such mappings, or
            the label alone, as other models give it.
        label: What a label is called.
        score: What its score is called.
    """
    rows = answer if isinstance(answer, list) else [answer]
    if not isinstance(rows[0], dict):
        return [{"label": str(row), "score": 1.0} for row in rows]
    if isinstance(rows[0][label], list):
        pairs = list(zip(rows[0][label], rows[0][score], strict=True))
    else:
        pairs = [(row[label], row[score]) for row in rows]
    found = [{"label": str(name), "score": float(value)} for name, value in pairs]
    return sorted(found, key=lambda one: -one["score"])


def tokens(answer: Any) -> list[dict[str, Any]]:
    """Give the tokens that may stand for a mask as labels, the likeliest first.

    Args:
        answer: JSON of the candidates with their scores, or the likeliest token.
    """
    found = _from_json(answer)
    if isinstance(found, list) and found and isinstance(found[0], list):
        raise ScoringError("the text has several masks, and one is scored")
    if isinstance(found, list) and found and isinstance(found[0], dict):
        return [{"label": c["token_str"].strip(), "score": float(c["score"])} for c in found]
    return [{"label": str(as_it_is(answer)).strip(), "score": 1.0}]


def entities(answer: Any) -> list[dict[str, Any]]:
    """Give the entities of a text with their places.

    Args:
        answer: JSON of the tokens, or the groups of tokens, with labels and places.

    Raises:
        ScoringError: It has labels alone.
    """
    found = _from_json(answer)
    if not isinstance(found, list):
        raise ScoringError("the answer has labels without places: MLflow's own inference code")
    return [
        {
            "label": one.get("entity_group") or one["entity"],
            "start": one["start"],
            "end": one["end"],
        }
        for one in found
    ]


def boxes(answer: Any) -> list[dict[str, Any]]:
    """Give what was found in an image, from columns of lists."""
    columns = (answer["label"], answer["score"], answer["box"])
    return [
        {"label": label, "score": float(score), "box": dict(box)}
        for label, score, box in zip(*columns, strict=True)
    ]


def vector(answer: Any) -> list[float]:
    """Give an embedding as a list of numbers; of hidden states, a list a token, their mean."""
    values = answer.tolist() if hasattr(answer, "tolist") else answer
    if values and isinstance(values[0], list):
        return [sum(column) / len(values) for column in zip(*values, strict=True)]
    return [float(value) for value in values]


def _from_json(answer: Any) -> Any:
    if not isinstance(answer, str):
        return answer
    try:
        return json.loads(answer)
    except ValueError:
        return answer
