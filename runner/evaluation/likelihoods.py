"""How likely texts are to a language model: the sum over their tokens, in nats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from runner.evaluation.views import NativeView
from runner.pyfunc import lengths
from runner.pyfunc.errors import BadRequest

_TOKENS = 2048
"""Tokens that are run together: each has a score for every word that the model knows."""


@dataclass(frozen=True)
class _Scored:
    """A text in tokens.

    Args:
        ids: Its tokens, behind those of what it stands behind.
        start: The first that is scored.
    """

    ids: list[int]
    start: int


@dataclass(frozen=True)
class LikelihoodView:
    """A language model that is asked how likely texts are, and not for any.

    A text by itself begins with the tokenizer's beginning token, where it has one. A text behind a
    prompt is joined to it as the model gets prompts: through its template. Where no template ends
    the prompt, and neither side has white space there, a space is put between them.

    Args:
        view: The model.
    """

    view: NativeView

    def predict(
        self, inputs: Sequence[Any], params: Mapping[str, Any] | None = None
    ) -> list[list[dict[str, Any]]]:
        """Give the likelihood of each text of each row.

        Args:
            inputs: Rows: a ``prompt``, or none, and ``texts`` that may stand behind it.
            params: Nothing is taken of them.

        Raises:
            BadRequest: A text is longer than the model takes, and is not to be cut.
        """
        rows = [
            self._fitting(self._tokens(row["prompt"], text), number)
            for number, row in enumerate(inputs)
            for text in row["texts"]
        ]
        found = iter(self._likelihoods(rows))
        return [[next(found) for _ in row["texts"]] for row in inputs]

    def _tokens(self, prompt: str | None, text: str) -> _Scored:
        if prompt is None:
            return self._begun(self._encoded(text), 0)
        framed, special = self._framed(prompt)
        apart = not self.view.chats and not (framed[-1:].isspace() or text[:1].isspace())
        before = self._encoded(framed, special=special)
        whole = self._encoded(f"{framed}{' ' if apart and framed else ''}{text}", special=special)
        shared = 0  # where both become one token, that is scored
        for one, other in zip(before, whole, strict=False):
            if one != other:
                break
            shared += 1
        return self._begun(whole, shared)

    def _framed(self, prompt: str) -> tuple[str, bool]:
        if self.view.chats:
            said = [{"role": "user", "content": prompt}]
            told = self.view.arguments.get("tokenizer_encode_kwargs") or {}
            text = self._tokenizer.apply_chat_template(
                said, tokenize=False, add_generation_prompt=True, **told
            )
            return text, False
        template = self.view.prompt_template
        return (template.format(prompt=prompt) if template is not None else prompt), True

    def _begun(self, ids: list[int], start: int) -> _Scored:
        """Put the beginning token before a text that stands behind nothing."""
        begin = self._tokenizer.bos_token_id
        if start == 0 and begin is not None and ids[:1] != [begin]:
            return _Scored([begin, *ids], 1)
        return _Scored(ids, max(start, 1))

    def _fitting(self, scored: _Scored, number: int) -> _Scored:
        """Cut what is too long: the beginning of a prompt first, then the end of a text."""
        most = lengths.most_tokens(self._tokenizer, self.view.pipeline.model)
        over = len(scored.ids) - most if most else 0
        if over <= 0:
            return scored
        how = self.view.recipe.evaluation.truncation
        said = f"row {number} has {len(scored.ids)} tokens; the model takes {most}"
        if how == "error":
            raise BadRequest(said)
        if how == "warn":
            lengths.LOG.warning("%s: cut", said)
        dropped = min(over, scored.start - 1)
        return _Scored(scored.ids[dropped:][:most], scored.start - dropped)

    def _likelihoods(self, rows: Sequence[_Scored]) -> list[dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        with torch.inference_mode():
            for batch in _batches(rows):
                found |= zip(batch, self._run([rows[n] for n in batch]), strict=True)
        return [found[number] for number in range(len(rows))]

    def _run(self, rows: Sequence[_Scored]) -> Iterator[dict[str, Any]]:
        model, width = self.view.pipeline.model, max(len(row.ids) for row in rows)
        ids = torch.tensor([row.ids + [0] * (width - len(row.ids)) for row in rows])
        mask = torch.tensor([[1] * len(r.ids) + [0] * (width - len(r.ids)) for r in rows])
        logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
        for row, scores in zip(rows, logits, strict=True):
            end = len(row.ids)
            wanted = torch.tensor(row.ids[row.start :], device=scores.device)
            each = torch.log_softmax(scores[row.start - 1 : end - 1].float(), dim=-1)
            picked = each.gather(-1, wanted[:, None]).double().sum()
            yield {"log_likelihood": float(picked), "tokens": max(end - row.start, 0)}

    @property
    def _tokenizer(self) -> Any:
        return self.view.pipeline.tokenizer

    def _encoded(self, text: str, *, special: bool = True) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=special, verbose=False)[
            "input_ids"
        ]
        return ids


def _batches(rows: Sequence[_Scored]) -> Iterator[list[int]]:
    """Give the numbers of rows that are run together, those of one length beside each other."""
    batch: list[int] = []
    for number in sorted(range(len(rows)), key=lambda n: len(rows[n].ids)):
        if batch and (len(batch) + 1) * len(rows[number].ids) > _TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
