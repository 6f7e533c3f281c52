"""contains, regex, json_valid, json_schema, length: what can be said of a text by itself."""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from runner.metrics.answers import right_texts, text_of
from runner.metrics.base import Mean, Measured, MetricError

_SECONDS = 1.0
_LONGEST = 1000


class Contains(Mean, frozen=True):
    """The share of rows whose text contains a right one.

    Args:
        name: Always ``contains``.
        ignore_case: Whether case makes no difference.
    """

    takes = frozenset({"text"})
    reads = staticmethod(right_texts)
    share = True

    name: Literal["contains"]
    ignore_case: bool = False

    def measure(self, answer: Any, target: Any) -> Measured:
        """Look for the right texts."""
        given = self._as_compared(text_of(answer))
        wanted = [self._as_compared(text) for text in right_texts(target)]
        return {"value": float(any(text in given for text in wanted))}

    def _as_compared(self, text: str) -> str:
        return text.casefold() if self.ignore_case else text


class Regex(Mean, frozen=True):
    """The share of rows whose text a regular expression is found in.

    A pattern may take a second of a text, no longer: one that takes more fails by name.

    Args:
        name: Always ``regex``.
        pattern: The expression, as the Python package regex reads it.
        whole: Whether it must match the whole text.
    """

    takes = frozenset({"text"})
    share = True
    needs_target = False

    name: Literal["regex"]
    pattern: str = Field(max_length=_LONGEST)
    whole: bool = False

    @field_validator("pattern")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        import regex

        try:
            regex.compile(pattern)
        except regex.error as error:
            raise PydanticCustomError(
                "regex", "it is no regular expression: {why}", {"why": str(error)}
            ) from error
        return pattern

    def measure(self, answer: Any, target: Any) -> Measured:
        """Look for a match."""
        return {"value": float(_is_match(self.pattern, text_of(answer), self.whole))}


def _is_match(pattern: str, text: str, whole: bool = False) -> bool:
    import regex

    compiled = regex.compile(pattern)
    look = compiled.fullmatch if whole else compiled.search
    try:
        return look(text, timeout=_SECONDS) is not None
    except TimeoutError as error:
        raise MetricError(
            f"the pattern {pattern} takes more than a second of this text of {len(text)} characters"
        ) from error


class JsonValid(Mean, frozen=True):
    """The share of rows whose text is one JSON value and nothing else.

    Args:
        name: Always ``json_valid``.

    Source: RFC 8259; ``NaN`` and ``Infinity`` are no JSON.
    """

    takes = frozenset({"text"})
    share = True
    needs_target = False

    name: Literal["json_valid"]

    def measure(self, answer: Any, target: Any) -> Measured:
        """Parse the text."""
        try:
            _parsed(text_of(answer))
        except (ValueError, RecursionError):
            return {"value": 0.0}
        return {"value": 1.0}


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_refused, parse_int=_whole)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _whole(digits: str) -> int | float:
    """Read a whole number of any length: Python refuses more than 4,300 digits."""
    return int(digits) if len(digits) < _LONGEST else float(digits)


class JsonSchema(Mean, frozen=True):
    """The share of rows whose text is JSON that a JSON Schema allows.

    Nothing is fetched: a ``$ref`` leads to a place in the schema itself. A ``pattern`` may take a
    second; ``patternProperties`` is refused. ``format`` is not checked.

    Args:
        name: Always ``json_schema``.
        json_schema: The schema.

    Source: JSON Schema, draft 2020-12.
    """

    takes = frozenset({"text"})
    share = True
    needs_target = False
    needs = {"jsonschema": "jsonschema"}

    name: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")

    @field_validator("json_schema")
    @classmethod
    def _usable(cls, given: dict[str, Any]) -> dict[str, Any]:
        keys = set(_keys(given))
        if "patternProperties" in keys:
            raise PydanticCustomError(
                "json_schema", "`patternProperties` is not supported: its time has no limit", {}
            )
        if why := _wrong_with(given):
            raise PydanticCustomError("json_schema", "it is no JSON Schema: {why}", {"why": why})
        return given

    def measure(self, answer: Any, target: Any) -> Measured:
        """Parse the text, and hold it to the schema."""
        try:
            parsed = _parsed(text_of(answer))
        except (ValueError, RecursionError):
            return {"value": 0.0}
        return {"value": float(self._allows(parsed))}

    def _allows(self, parsed: Any) -> bool:
        from referencing.exceptions import Unresolvable

        try:
            return self._validator.is_valid(parsed)
        except Unresolvable as error:
            raise MetricError(f"the schema refers to what it does not have: {error}") from error
        except RecursionError as error:
            raise MetricError("the schema, or the answer, leads into itself without end") from error

    @cached_property
    def _validator(self) -> Any:
        from jsonschema.validators import Draft202012Validator, extend
        from referencing import Registry

        bounded = extend(Draft202012Validator, {"pattern": _pattern})
        return bounded(self.json_schema, registry=Registry())


def _wrong_with(schema: dict[str, Any]) -> str:
    """Say what is wrong with a schema; nothing where it is right, or jsonschema is not there."""
    try:
        from jsonschema.exceptions import SchemaError
        from jsonschema.validators import Draft202012Validator
    except ImportError:
        return ""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return error.message
    return ""


def _keys(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                yield key
                yield from _keys(inner)
        case list():
            for inner in value:
                yield from _keys(inner)
        case _:
            return


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Exception]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not _is_match(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


class Length(Mean, frozen=True):
    """The mean length of the texts; neither more nor less is better by itself.

    Args:
        name: Always ``length``.
        unit: ``characters`` or ``words``, which white space parts.
    """

    takes = frozenset({"text"})
    needs_target = False
    higher_is_better = False
    bounds = (0.0, float("inf"))

    name: Literal["length"]
    unit: Literal["characters", "words"] = "characters"

    def measure(self, answer: Any, target: Any) -> Measured:
        """Count."""
        text = text_of(answer)
        return {"value": float(len(text if self.unit == "characters" else text.split()))}
