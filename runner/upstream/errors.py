"""The error of a library that is not as it was."""

from runner.errors import Exit, RunnerError


class Moved(RunnerError):
    """A library's private side is not in the form that was seen of it."""

    code = "upstream-moved"
    exit = Exit.OUTSIDE_FAILED
