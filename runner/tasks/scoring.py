"""The forms in which answers are scored: what metrics know of an answer, whatever the task."""

from typing import Literal, get_args

Form = Literal["labels", "text", "entities", "vector", "number", "ranking", "boxes"]
"""The form of an answer, as metrics get it; targets have the plain part of it.

| form | an answer | a target |
|---|---|---|
| ``labels`` | ``[{"label": str, "score": float}, …]``, the best first, one or more | a label, or several right ones as a list |
| ``text`` | text | a text, or a list of texts that are right |
| ``entities`` | ``[{"label": str, "start": int, "end": int}, …]``, characters | the same |
| ``vector`` | ``[float, …]`` | none: rows of two inputs are scored as ``number`` |
| ``number`` | a number, such as the cosine of two inputs' vectors | a number |
| ``ranking`` | ``[str, …]``: what was ranked, the best first | the right one, a list of right ones, or ``{what: gain}`` |
| ``boxes`` | ``[{"label": str, "score": float, "box": {"xmin", "ymin", "xmax", "ymax"}}, …]`` | the same without scores |
"""  # noqa: E501

FORMS: tuple[Form, ...] = get_args(Form)
