"""The axes of a sweep file: each a list of alternatives, of which every point has one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hydra.errors import HydraException

from runner.findings import Finding, Loc
from runner.recipe.composing.overrides import MOST_POINTS, key_of
from runner.recipe.language.sweep import Sweep
from runner.recipe.sweeping.files import SweepFile
from runner.recipe.sweeping.written import UnwritableError, override_of
from runner.text.wording import counted
from runner.upstream.hydra_api import enumerated, parse_override

_OF_THE_RUN = ("out", "tracking.uri", "policy", "signing")
_SEED = "evaluation.seed"
_FORM = "Write a list, or range(…) or choice(…) as Hydra has them."


@dataclass(frozen=True)
class Setting:
    """A value of a point.

    Args:
        key: Dotted key, without ``+``.
        value: The value.
        text: The override that says it.
        loc: Where the sweep file has it.
    """

    key: str
    value: Any
    text: str
    loc: Loc


Alternative = tuple[Setting, ...]


class AxisError(Exception):
    """What is wrong with a value of a sweep file; carries the finding, without its place."""

    def __init__(self, message: str, loc: Loc, remedy: str = "") -> None:
        super().__init__(message)
        self.finding = Finding("bad-sweep", message, remedy, loc)


def axes_of(file: SweepFile, sweep: Sweep) -> tuple[list[list[Alternative]], list[Finding]]:
    """Give the axes of a sweep, and what is wrong with their values.

    Args:
        file: The file.
        sweep: What it says.
    """
    axes: list[list[Alternative]] = []
    findings: list[Finding] = []
    for make in (_grid, _pairs, _points, _repeated):
        try:
            axes += make(sweep)
        except AxisError as error:
            findings.append(error.finding)
    findings += _twice(axes)
    return axes, [finding.at(file.place(finding.loc)) for finding in findings]


def _grid(sweep: Sweep) -> Iterator[list[Alternative]]:
    for key, given in sweep.over.items():
        yield [(setting,) for setting in _values(key, given)]


def _values(key: str, given: Any) -> list[Setting]:
    loc = ("over", key)
    if isinstance(given, list):
        if not given:
            raise AxisError(f"`over.{key}` has no value at all.", loc, _FORM)
        return [setting_of(key, value, (*loc, n)) for n, value in enumerate(given)]
    if not isinstance(given, str):
        raise AxisError(f"`over.{key}` takes several values.", loc, _FORM)
    try:
        override = parse_override(f"{key}={given}")
        swept = enumerated(override, MOST_POINTS) if override.is_sweep_override() else None
    except HydraException as error:
        said = str(error).split("\n", 1)[0].rstrip(".")
        raise AxisError(f"`over.{key}`: `{given}` cannot be read: {said}.", loc, _FORM) from error
    if not swept:
        raise AxisError(f"`over.{key}`: `{given}` stands for no several values.", loc, _FORM)
    return [setting_of(key, parse_override(f"{key}={text}").value(), loc) for text in swept]


def _pairs(sweep: Sweep) -> Iterator[list[Alternative]]:
    if not sweep.pairs:
        return
    lengths = {key: len(values) for key, values in sweep.pairs.items()}
    longest = max(lengths.values())
    for key, length in lengths.items():
        if length != longest:
            message = f"`pairs.{key}` has {counted(length, 'value')}, another list {longest}."
            raise AxisError(message, ("pairs", key), "Give lists of one length.")
    if not longest:
        raise AxisError("The lists of `pairs` are empty.", ("pairs",))
    yield [
        tuple(setting_of(key, values[n], ("pairs", key, n)) for key, values in sweep.pairs.items())
        for n in range(longest)
    ]


def _points(sweep: Sweep) -> Iterator[list[Alternative]]:
    if sweep.points:
        yield [
            tuple(setting_of(key, value, ("points", n, key)) for key, value in point.items())
            for n, point in enumerate(sweep.points)
        ]


def _repeated(sweep: Sweep) -> Iterator[list[Alternative]]:
    if sweep.repeat > 1:
        yield [(setting_of(_SEED, seed, ("repeat",)),) for seed in range(sweep.repeat)]


def setting_of(key: str, value: Any, loc: Loc) -> Setting:
    """Give a value of a point, as the override that says it.

    Args:
        key: Dotted key, as the sweep file has it.
        value: The value.
        loc: Where the sweep file has it.

    Raises:
        AxisError: A sweep file may not say it, or no override can.
    """
    plain = key_of(key)
    if any(plain == one or plain.startswith(f"{one}.") for one in _OF_THE_RUN):
        message = f"`{key}` belongs to the run, not to a sweep file."
        raise AxisError(message, loc, f"Give it on the command line: {plain}=….")
    try:
        return Setting(plain, value, override_of(key, value), loc)
    except UnwritableError as error:
        remedy = "Write keys with dots between names, and mappings with plain keys."
        raise AxisError(f"`{key}`: {error}.", loc, remedy) from error


def _twice(axes: list[list[Alternative]]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, axis in enumerate(axes):
        for setting in (one for alternative in axis for one in alternative):
            if first.setdefault(setting.key, number) != number:
                message = f"`{setting.key}` is given twice: here, and by another list of the sweep."
                yield Finding("bad-sweep", message, "Give it in one.", setting.loc)
                break
