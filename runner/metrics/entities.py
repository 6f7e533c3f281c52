"""entity_f1 and its kin: the entities of a text, found and named."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from runner.metrics.base import Additive, Measured
from runner.metrics.reading import Entity, entities_of
from runner.metrics.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

EntityName = Literal["entity_f1", "entity_precision", "entity_recall"]
Match = Literal["strict", "exact", "partial", "type"]


class EntityScore(Additive, frozen=True):
    """F1, precision or recall of entities, over those of all rows.

    ``strict``: span and label are right; ``exact``: the span is; ``partial``: the span is, and one
    that overlaps counts as half; ``type``: the label is right, and the span overlaps. These are
    the four of SemEval 2013, task 9.1; each target is matched once.

    Args:
        name: Which of the three.
        match: What counts as found.

    Source: I. Segura-Bedmar et al., "SemEval-2013 task 9" (2013); D. Batista's nervaluate. The
        strict one is that of CoNLL 2003, E. F. Tjong Kim Sang and F. De Meulder.
    """

    takes = frozenset({"entities"})
    reads = partial(entities_of, what="the target")
    undefined = "no row has an entity, neither by its target nor by its answer"

    name: EntityName
    match: Match = "strict"

    def measure(self, answer: Any, target: Any) -> Measured:
        """Match the row's entities, and count them by label."""
        given, wanted = entities_of(answer), entities_of(target, "the target")
        counted: dict[str, float] = {"found": 0, "answered": len(given), "actual": len(wanted)}
        for entity in given:
            counted[f"answered.{entity.label}"] = counted.get(f"answered.{entity.label}", 0) + 1
        for entity in wanted:
            counted[f"actual.{entity.label}"] = counted.get(f"actual.{entity.label}", 0) + 1
        for entity, credit in matched(given, wanted, self.match):
            counted["found"] += credit
            counted[f"found.{entity.label}"] = counted.get(f"found.{entity.label}", 0) + credit
        return counted

    def value(self, sums: Mapping[str, "Numbers"]) -> "Numbers":
        """Divide what was found by what was answered, there, or both."""
        return self._of(sums["found"], sums["answered"], sums["actual"])

    def parts(self, table: Table, weights: "Numbers") -> Mapping[str, float]:
        """Give it for each label."""
        import numpy as np

        names = {name.partition(".")[2] for name in table.names if "." in name}
        found: dict[str, float] = {}
        for label in sorted(names):
            of_label = (table[f"{what}.{label}"] for what in ("found", "answered", "actual"))
            with np.errstate(divide="ignore", invalid="ignore"):
                value = float(self._of(*(np.asarray(weights @ column) for column in of_label)))
            if value == value:
                found[f"class.{label}"] = value
        return found

    def _of(self, found: "Numbers", answered: "Numbers", actual: "Numbers") -> "Numbers":
        import numpy as np

        below = {
            "entity_precision": answered,
            "entity_recall": actual,
            "entity_f1": (answered + actual) / 2,
        }[self.name]
        return np.where(below > 0, found / below, np.nan)


def matched(given: list[Entity], wanted: list[Entity], match: Match) -> list[tuple[Entity, float]]:
    """Match entities, each once: those that are the same first, then by span, then by overlap.

    Args:
        given: The answer's.
        wanted: The target's.
        match: What counts as found.

    Returns:
        Those of the target that were found, with what each counts.
    """
    left_given, left_wanted = list(given), list(wanted)
    found: list[tuple[Entity, float]] = []
    for nearness in (_same, _same_span, _overlapping):
        for entity in list(left_given):
            near = [other for other in left_wanted if nearness(entity, other)]
            if not near:
                continue
            other = max(near, key=lambda one, entity=entity: one.label == entity.label)
            left_given.remove(entity)
            left_wanted.remove(other)
            found.append((other, _credit(entity, other, match)))
    return [(entity, credit) for entity, credit in found if credit]


def _same(one: Entity, other: Entity) -> bool:
    return one == other


def _same_span(one: Entity, other: Entity) -> bool:
    return one.covers(other)


def _overlapping(one: Entity, other: Entity) -> bool:
    return one.overlaps(other)


def _credit(given: Entity, wanted: Entity, match: Match) -> float:
    match match:
        case "strict":
            return float(given == wanted)
        case "exact":
            return float(given.covers(wanted))
        case "partial":
            return 1.0 if given.covers(wanted) else 0.5
        case "type":
            return float(given.label == wanted.label)
