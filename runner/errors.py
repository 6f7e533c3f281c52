"""The errors a run can end with, and the exit code each one stands for."""

from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from signal import Signals

_PACKAGE = __name__.partition(".")[0]
_ENDINGS = {Signals.SIGTERM: "terminated", Signals.SIGHUP: "hung-up"}
_MISTAKES = (NameError, AttributeError, TypeError, AssertionError)


class Exit(IntEnum):
    """Process exit codes (a contract: scripts and CI rely on them)."""

    DONE = 0
    GATE_FAILED = 1
    WRONG_INPUT = 2
    OUTSIDE_FAILED = 3
    DEFECT = 4


class RunnerError(Exception):
    """An error that is told to the user without a traceback.

    Args:
        message: What happened, naming the thing it happened to.
        remedy: What to do about it, one sentence; empty where there is nothing to advise.
    """

    code = "error"
    exit = Exit.DEFECT

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    @property
    def told(self) -> str:
        """It as people are told of it: ``error[code]``, what happened, what to do."""
        return f"error[{self.code}] {self.sentences}"

    @property
    def sentences(self) -> str:
        """What happened, and what to do about it."""
        if not self.remedy:
            return self.message
        return f"{self.message}{'' if self.message.endswith('.') else '.'} {self.remedy}"


class WrongInput(RunnerError):
    """What was asked for cannot be, and it is for whoever asks to say it otherwise.

    Args:
        code: Stable code, such as ``unknown-option``.
        message: What is wrong.
        remedy: What to do about it.
    """

    exit = Exit.WRONG_INPUT

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.code = code


class SourceError(RunnerError):
    """A source of weights or components is missing, unreadable or broken."""

    code = "source-failed"
    exit = Exit.OUTSIDE_FAILED


class StorageError(RunnerError):
    """The disk would not take what was to be written."""

    code = "storage-failed"
    exit = Exit.OUTSIDE_FAILED


class ResourceError(RunnerError):
    """The machine has no memory or file descriptor left, or not the device that is asked for."""

    code = "resources-failed"
    exit = Exit.OUTSIDE_FAILED


class FolderInUse(RunnerError):
    """Another run works in the folder that this one would write to."""

    code = "folder-in-use"
    exit = Exit.OUTSIDE_FAILED


class TrackingError(RunnerError):
    """The MLflow tracking server or artifact store failed."""

    code = "tracking-failed"
    exit = Exit.OUTSIDE_FAILED


class SignatureError(RunnerError):
    """The signature could not be inferred from the recipe's example."""

    code = "signature-failed"
    exit = Exit.WRONG_INPUT


class Pruned(RunnerError):
    """A search gave a point up before its evaluation came to its end."""

    code = "pruned"
    exit = Exit.DONE


class ProcessEnded(RunnerError):
    """Code of others, of a model or a metric, would have ended the process."""

    code = "process-ended"
    exit = Exit.OUTSIDE_FAILED


class Stopped(KeyboardInterrupt):
    """A signal asked the program to end, as Ctrl-C would have.

    Args:
        signal: The signal.
    """

    def __init__(self, signal: Signals) -> None:
        super().__init__(signal.name)
        self.signal = signal


def ending_of(stop: BaseException) -> tuple[str, Signals]:
    """Say in a word how a program ends that is stopped, and by which signal.

    Args:
        stop: What stopped it: a ``KeyboardInterrupt`` is Ctrl-C's.
    """
    signal = stop.signal if isinstance(stop, Stopped) else Signals.SIGINT
    return _ENDINGS.get(signal, "interrupted"), signal


@contextmanager
def outliving() -> Generator[None]:
    """Let nothing end the process but signals: code of others that calls ``exit`` has failed.

    Raises:
        ProcessEnded: It raised what is no error, such as ``SystemExit``.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, Exception | KeyboardInterrupt | GeneratorExit):
            raise
        message = f"Code that was called would have ended the process: {error!r}"
        remedy = "A model or a metric is to raise an error instead."
        raise ProcessEnded(message, remedy) from error


def first_line(error: BaseException) -> str:
    """Give the first line of what an error says, or its name where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def raise_if_ours(error: Exception) -> None:
    """Raise an error again that the runner's own code made, by a mistake in it.

    Libraries that read models, and the code of models, raise anything at all: what calls them
    catches everything. What this lets through is a mistake of the code around that call.

    Args:
        error: An error as caught.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__", "")) if trace else ""
    if isinstance(error, _MISTAKES) and module.partition(".")[0] == _PACKAGE:
        raise error
