"""Room: positions of a model that writes, for a prompt and what is written after it."""

from collections.abc import Mapping, Sequence
from typing import Any

from . import lengths
from .errors import BadRequest
from .loading import Parts

NEW = 256
"""New tokens where nobody says how many, as in the pipelines."""


def split(most: int, new: int) -> tuple[int, int]:
    """Share positions between a prompt that is longer than all of them and what it gets written.

    Args:
        most: All positions.
        new: New tokens that are wanted; they get half of the positions at most.

    Returns:
        Tokens of the prompt, and new tokens.
    """
    new = min(new, max(1, most // 2))
    return most - new, new


class Room:
    """Sees that prompts, and what is written after them, have their place.

    Args:
        parts: What runs.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.most = lengths.positions_of(parts.model) or lengths.most_tokens(
            parts.tokenizer, parts.model
        )

    def fit(
        self,
        encoded: Sequence[list[int]],
        asked: int,
        usual: int | None,
        options: Mapping[str, Any],
        first: int = 0,
    ) -> list[list[int]]:
        """Leave off the beginning of prompts that leave no place for anything to be written.

        Args:
            encoded: Token ids of each prompt. A token that begins every text stays.
            asked: New tokens that are asked for; 0 where nobody says.
            usual: New tokens that there are to be then.
            options: ``truncation`` of the call.
            first: Number of the first row.

        Raises:
            BadRequest: One has no place, and is not to be cut; the error names it.
        """
        new = asked or usual or NEW
        tight = [
            self._said(number, len(ids), asked)
            for number, ids in enumerate(encoded, first)
            if self.most and len(ids) + max(asked, 1) > self.most
        ]
        if tight:
            what = f"{lengths.listed(tight)}; the model takes {self.most}"
            lengths.tell(self._parts, what, options)
        return [self._cut(ids, new) for ids in encoded]

    def left(self, width: int, new: int | None) -> int | None:
        """Give the new tokens that have a place after a prompt, where those wanted have none.

        Args:
            width: Tokens of the prompt.
            new: New tokens that are wanted.
        """
        over = self.most and new and width + new > self.most
        return self.most - width if over else None

    def after(
        self, width: int, arguments: Mapping[str, Any], options: Mapping[str, Any], number: int
    ) -> int | None:
        """Give the new tokens that have a place after a prompt that cannot be cut.

        Args:
            width: Tokens of the prompt.
            arguments: Arguments of ``generate``.
            options: ``truncation`` of the call, and whether the new tokens are asked for in it.
            number: The row's number.

        Raises:
            BadRequest: There is none, or not for all that are asked for, and none may be missing.
        """
        if (left := self.left(width, arguments.get("max_new_tokens"))) is None:
            return None
        said = self._said(number, width, int(options.get("max_new_tokens") or 0))
        what = f"{said}; the model takes {self.most}"
        if left < 1:
            raise BadRequest(what)
        if options.get("max_new_tokens"):
            lengths.tell(self._parts, what, options)
        return left

    def _said(self, number: int, tokens: int, asked: int) -> str:
        new = f" and {asked} new ones are wanted" if asked else ""
        return f"row {number} has {tokens} tokens{new}"

    def _cut(self, ids: list[int], new: int) -> list[int]:
        if not self.most or len(ids) < self.most:
            return ids
        kept, _ = split(self.most, new)
        begins = [ids[0]] if ids[0] == self._parts.tokenizer.bos_token_id else []
        return begins + ids[len(ids) - kept + len(begins) :]


def new_at_most(
    parts: Parts, arguments: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Bound what a model writes that reads with another part, by the positions of its decoder.

    Args:
        parts: What runs.
        arguments: Arguments of ``generate``.
        options: ``truncation`` of the call.

    Raises:
        BadRequest: More is asked for than has a place, and is not to be cut.
    """
    bounded = dict(arguments)
    most = lengths.positions_of(parts.model, writing=True)
    for name in ("max_new_tokens", "max_length"):
        if most and isinstance(wanted := bounded.get(name), int) and wanted > most:
            lengths.tell(parts, f"{name} is {wanted}; the model takes {most}", options)
            bounded[name] = most
    return bounded
