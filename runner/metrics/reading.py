"""Answers and targets that are more than a label or a text, held to their form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from runner.metrics.answers import right_labels, right_texts
from runner.metrics.base import MetricError
from runner.text.wording import described

_WHOLE = 0.02


def one_label(target: Any) -> str:
    """Give the right label.

    Args:
        target: A label, or a list of just one.

    Raises:
        MetricError: It is none, or there are several.
    """
    labels = right_labels(target)
    if len(labels) != 1:
        raise MetricError(f"one right label is wanted, not {len(labels)}")
    return labels.pop()


def right_answers(target: Any) -> list[str]:
    """Give the texts that answer a question; empty text where nothing does.

    Args:
        target: A text, several, null or an empty list where there is no answer, or a mapping with
            them as ``text``, as SQuAD has it.

    Raises:
        MetricError: It is none of these.
    """
    texts = target.get("text") if isinstance(target, Mapping) else target
    return right_texts(texts) if texts not in (None, []) else [""]


def scores_of(answer: Any) -> dict[str, float]:
    """Give the score of each label.

    Args:
        answer: An answer of the form ``labels``.

    Raises:
        MetricError: A score is not a number.
    """
    scores = {str(entry["label"]): entry["score"] for entry in answer}
    for label, score in scores.items():
        if not _is_number(score):
            raise MetricError(f"the score of {label} is {described(score)}")
    return scores


def probabilities_of(answer: Any) -> dict[str, float]:
    """Give the probability of each label.

    Args:
        answer: An answer of the form ``labels``, with all of them.

    Raises:
        MetricError: The scores are no probabilities, or not those of all labels.
    """
    scores = scores_of(answer)
    if any(not 0 <= score <= 1 + _WHOLE for score in scores.values()):
        raise MetricError("probabilities are wanted, and a score is not between 0 and 1")
    if abs(sum(scores.values()) - 1) > _WHOLE:
        raise MetricError(
            f"the probabilities of all labels are wanted, and these {len(scores)} add up to "
            f"{sum(scores.values()):.3g}"
        )
    return scores


def number_of(value: Any, what: str = "the answer") -> float:
    """Give a number.

    Args:
        value: An answer or a target.
        what: Which of them.

    Raises:
        MetricError: It is none, or infinite.
    """
    if not _is_number(value):
        raise MetricError(f"{what} is {described(value)}, not a number")
    return float(value)


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, str | bool) and isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def ranking_of(answer: Any) -> list[str]:
    """Give what was ranked, the best first and each once: of a ranking, or of labels with scores.

    Args:
        answer: An answer of the form ``ranking`` or ``labels``.
    """
    ranked = (str(entry["label"] if isinstance(entry, Mapping) else entry) for entry in answer)
    return list(dict.fromkeys(ranked))


def gains_of(target: Any) -> dict[str, float]:
    """Give how much each thing that is right is worth.

    Args:
        target: The right one, a list of right ones, or a mapping to gains of more than 0.

    Raises:
        MetricError: It is none of these, or nothing is right.
    """
    if isinstance(target, Mapping):
        gains = {str(key): number_of(gain, f"the gain of {key}") for key, gain in target.items()}
        if any(gain < 0 for gain in gains.values()):
            raise MetricError("a gain is below 0")
    else:
        gains = dict.fromkeys(right_labels(target), 1.0)
    gains = {key: gain for key, gain in gains.items() if gain}
    if not gains:
        raise MetricError("nothing is right in this row: there is nothing to rank")
    return gains


@dataclass(frozen=True)
class Entity:
    """A span of a text with its label.

    Args:
        label: Its label.
        start: Its first character.
        end: The character after its last.
    """

    label: str
    start: int
    end: int

    def overlaps(self, other: "Entity") -> bool:
        """Say whether it shares a character with another."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: "Entity") -> bool:
        """Say whether it is of the same characters as another."""
        return (self.start, self.end) == (other.start, other.end)


def entities_of(value: Any, what: str = "the answer") -> list[Entity]:
    """Give the entities of a row, in the order of the text, each once.

    Args:
        value: A list of mappings with ``label``, ``start`` and ``end``.
        what: Whose they are, for the error.

    Raises:
        MetricError: It is something else.
    """
    found = {_entity(one, what) for one in _listed(value, what, "entities")}
    return sorted(found, key=lambda entity: (entity.start, entity.end, entity.label))


def _entity(value: Any, what: str) -> Entity:
    if not isinstance(value, Mapping) or not {"label", "start", "end"} <= value.keys():
        raise MetricError(f"{what} has an entity without label, start and end")
    start, end = value["start"], value["end"]
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end):
        raise MetricError(f"{what} has an entity from {start} to {end}: no span of characters")
    return Entity(str(value["label"]), start, end)


@dataclass(frozen=True)
class Box:
    """A box in an image, with its label.

    Args:
        label: Its label.
        corners: ``xmin``, ``ymin``, ``xmax``, ``ymax``.
        score: How sure the model is; 1 of a target.
    """

    label: str
    corners: tuple[float, float, float, float]
    score: float = 1.0

    @property
    def area(self) -> float:
        """Its area."""
        left, top, right, bottom = self.corners
        return (right - left) * (bottom - top)


_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def boxes_of(value: Any, what: str = "the answer") -> list[Box]:
    """Give the boxes of a row.

    Args:
        value: A list of mappings with ``label``, ``box`` and, in answers, ``score``.
        what: Whose they are, for the error.

    Raises:
        MetricError: It is something else.
    """
    return [_box(one, what) for one in _listed(value, what, "boxes")]


def _box(value: Any, what: str) -> Box:
    box = value.get("box") if isinstance(value, Mapping) else None
    if not isinstance(box, Mapping) or "label" not in value or not set(_CORNERS) <= box.keys():
        raise MetricError(f"{what} has a box without label and {', '.join(_CORNERS)}")
    left, top, right, bottom = (number_of(box[name], f"{name} of a box") for name in _CORNERS)
    if right < left or bottom < top:
        raise MetricError(f"{what} has a box that ends before it begins: {dict(box)}")
    score = number_of(value.get("score", 1.0), "the score of a box")
    return Box(str(value["label"]), (left, top, right, bottom), score)


def _listed(value: Any, what: str, of: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise MetricError(f"{what} is {described(value)}, not a list of {of}")
    return value
