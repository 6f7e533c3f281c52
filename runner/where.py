"""Which rows or points are wanted: comparisons with values, read as data and never evaluated."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST = 1000
_DEEPEST = 50
_WORDS = {"true": True, "false": False, "null": None}
_QUOTED = re.compile(r"`([^`]+)`")
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda value, among: value in among,
    ast.NotIn: lambda value, among: value not in among,
}
_FORM = "Write comparisons such as \"lang == 'en' and score > 3\", or \"lang in ['de', 'fr']\"."

Row = Mapping[str, Any]
_Value = Callable[[Row], Any]


class WhereError(Exception):
    """A condition that cannot be read, or a row that it cannot be asked of; says why."""


@dataclass(frozen=True)
class Where:
    """A condition on rows.

    Args:
        columns: The columns that it asks for.
        holds: Whether it holds for a row.
    """

    columns: tuple[str, ...]
    holds: Callable[[Row], bool]


def parse(text: str) -> Where:
    """Read a condition.

    Comparisons (``== != < <= > >=``, ``in``, ``is null``) of columns with texts, numbers, true,
    false and null, joined by ``and``, ``or``, ``not``; a column in backticks may have any name, and
    one without them dots. A cell that is text is compared with a number as the number that it
    writes, to its last digit where it is a whole one; an empty one, which a number that is none
    (nan) is too, is smaller and greater than nothing. ``is`` tells null, true and false alone.

    Args:
        text: The condition.

    Raises:
        WhereError: It is anything else.
    """
    quoted: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return quoted.setdefault(match[1], f"_quoted_{len(quoted)}")

    if len(text) > _LONGEST:
        raise WhereError(f"it has {len(text)} characters, and {_LONGEST} are the most")
    try:
        tree = ast.parse(_QUOTED.sub(named, text).strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise WhereError(f"it cannot be read: {_said(error)}. {_FORM}") from error
    if _depth(tree) > _DEEPEST:
        raise WhereError(f"it is nested more than {_DEEPEST} deep")
    reader = _Reader({place: name for name, place in quoted.items()})
    holds = reader.condition(tree)
    return Where(tuple(dict.fromkeys(reader.columns)), holds)


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level and depth <= _DEEPEST:
        depth, level = depth + 1, [child for n in level for child in ast.iter_child_nodes(n)]
    return depth


def _said(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else type(error).__name__


class _Reader:
    def __init__(self, quoted: Mapping[str, str]) -> None:
        self._quoted = quoted
        self.columns: list[str] = []

    def condition(self, node: ast.expr) -> Callable[[Row], bool]:
        match node:
            case ast.BoolOp(op=op, values=parts):
                conditions = [self.condition(part) for part in parts]
                joined = all if isinstance(op, ast.And) else any
                return lambda row: joined(holds(row) for holds in conditions)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                holds = self.condition(inner)
                return lambda row: not holds(row)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._comparison(left, ops, others)
            case ast.Name() | ast.Attribute() if (name := _dotted(node)) not in _WORDS:
                value = self._value(node)
                return lambda row: _truth(value(row), name)
            case _:
                raise _refused(node)

    def _comparison(
        self, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]
    ) -> Callable[[Row], bool]:
        for op, node in zip(ops, others, strict=True):
            if isinstance(op, ast.Is | ast.IsNot) and not _is_word(node):
                raise WhereError(f"`is` tells null, true and false: write `== {ast.unparse(node)}`")
        values = [self._value(node) for node in (left, *others)]
        pairs = list(zip(ops, values, values[1:], strict=False))
        return lambda row: all(_compare(op, a(row), b(row)) for op, a, b in pairs)

    def _value(self, node: ast.expr) -> _Value:
        match node:
            case ast.Name(id=name) if name in _WORDS:
                constant = _WORDS[name]
                return lambda row: constant
            case ast.Name() | ast.Attribute() if name := _dotted(node):
                column = self._quoted.get(name, name)
                self.columns.append(column)
                return lambda row: _cell(row[column])
            case _:
                value = _constant(node)
                return lambda row: value


def _is_word(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, bool)
    return isinstance(node, ast.Name) and node.id in _WORDS


def _cell(value: Any) -> Any:
    """Give a cell; one of a number that is none is empty, as Parquet and pandas have it."""
    return None if isinstance(value, float) and value != value else value


def _dotted(node: ast.expr) -> str:
    """Give a name with the dots in it; nothing where it is of anything but names."""
    if isinstance(node, ast.Attribute):
        around = _dotted(node.value)
        return around and f"{around}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_constant(item) for item in items]
        case _:
            raise _refused(node)


def _refused(node: ast.expr) -> WhereError:
    return WhereError(f"`{ast.unparse(node)}` is no comparison. {_FORM}")


def _truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise WhereError(f"`{name}` alone stands for true or false, and is {value!r}")
    return value


def _compare(op: ast.cmpop, left: Any, right: Any) -> bool:
    compare = _COMPARE[type(op)]
    if isinstance(op, ast.Is | ast.IsNot):
        return compare(left, right)
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, list):
        return _is_among(left, right) is isinstance(op, ast.In)
    left, right = _alike(left, right), _alike(right, left)
    if None in (left, right) and isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        return False
    try:
        return compare(left, right)
    except TypeError as error:
        raise WhereError(f"{left!r} cannot be compared with {right!r}") from error


def _is_among(value: Any, among: list[Any]) -> bool:
    """Tell whether a value is one of some; where those have texts too, it may be no number."""
    if isinstance(value, str) and any(isinstance(one, str) for one in among):
        numbers = [one for one in among if not isinstance(one, str)]
        return value in among or (_is_number(value) and _is_among(value, numbers))
    return any(_alike(value, one) == _alike(one, value) for one in among)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _alike(value: Any, other: Any) -> Any:
    """Read a text as a number where it is compared with one."""
    if not isinstance(value, str) or not isinstance(other, int | float) or isinstance(other, bool):
        return value
    try:
        return int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
    except ValueError as error:
        raise WhereError(f"{value!r} is no number, and is compared with {other!r}") from error
