"""Texts held to labels that no model was trained on."""

from typing import Any

import numpy as np
import pandas as pd

from . import batches, lengths
from .errors import BadRequest
from .loading import Parts
from .pipelines import Piped, labels_of
from .rows import records, texts

_HYPOTHESIS = "This example is {}."
"""What its pipeline asks of a label where nobody says otherwise."""
_OF_ZERO_SHOT = {
    "candidate_labels", "hypothesis_template", "multi_label", "batch_size", "num_workers",
}  # fmt: skip
"""What its pipeline looks for; it drops all else without a word."""


class ZeroShot(Piped):
    """Texts and labels in; a table with a row for each text and label out."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        tokenizer = parts.tokenizer
        if tokenizer.pad_token is None:  # the pipeline wants one, although nothing is padded then
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)

    def predict(self, rows: list[Any], options: dict[str, Any], budget: int) -> Any:
        """Give ``sequence``, ``labels`` and ``scores``, the best label of a text first."""
        dropped = {k for k, v in options.items() if v is not None} - _OF_ZERO_SHOT
        if dropped:
            raise BadRequest(f"{', '.join(sorted(dropped))}: the pipeline of this task has no such")
        table: list[dict[str, Any]] = []
        for number, row in enumerate(records(rows, ["sequences", "candidate_labels"])):
            for found in batches.run(
                [row], [1], 1, lambda b, n=number: [self._score(b[0], n, options)]
            )[0]:
                scored = zip(found["labels"], found["scores"], strict=True)
                table += [
                    {"sequence": found["sequence"], "labels": lb, "scores": sc} for lb, sc in scored
                ]
        return pd.DataFrame(table, columns=pd.Index(["sequence", "labels", "scores"]))

    def _score(self, row: dict[str, Any], number: int, options: dict[str, Any]) -> list[Any]:
        labels = labels_of(row["candidate_labels"], number)
        sequences = row["sequences"]
        given = texts(list(sequences) if isinstance(sequences, list | np.ndarray) else [sequences])
        template = row.get("hypothesis_template") or options.get("hypothesis_template")
        more = {"hypothesis_template": template} if template else {}
        self._measure(given, [(template or _HYPOTHESIS).format(lb) for lb in labels], number)
        rest = {k: v for k, v in options.items() if k not in ("candidate_labels", *more)}
        return self._call(given, rest, candidate_labels=labels, batch_size=len(labels), **more)

    def _measure(self, given: list[str], hypotheses: list[str], number: int) -> None:
        """A text may be cut; a hypothesis that leaves no place for one is refused."""
        tokenizer, parts = self._parts.tokenizer, self._parts
        longest = max(hypotheses, key=len)
        lengths.insist(parts, lengths.tokens_of(tokenizer, hypotheses), number, "a hypothesis")
        pairs = [{"text": text, "hypothesis": longest} for text in given]
        lengths.hold(parts, [max(lengths.tokens_of(tokenizer, pairs))], {}, [number])
