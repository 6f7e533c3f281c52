"""What the work changes of its process, and puts back when it is done."""

import logging
import os
import random
import sys
import warnings
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

_LIBRARIES = (
    *("mlflow", "transformers", "alembic", "huggingface_hub", "torch", "accelerate"),
    *("torchao", "torch.utils._pytree"),  # transformers imports torchao wherever it is installed
)
_TOLD_ANYWAY = "mlflow.store.db.utils"
"""Logs the traceback of what it raises, which is told in words of ours."""
_QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "HF_HUB_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "PYTHONWARNINGS": "ignore",
}
"""Read by the libraries as they are imported, and by processes that they start."""


@contextmanager
def undisturbed(*, verbose: bool = False) -> Generator[None]:
    """Work without noise, and leave the process as it was.

    Environment variables that the user has set win. Put back are the environment, warning filters,
    the libraries' log levels, the search path of modules and the states of random numbers (Python,
    numpy, torch on the CPU, as far as they were imported before).

    Args:
        verbose: Let the libraries log and warn.
    """
    with ExitStack() as stack:
        stack.enter_context(_environment())
        stack.enter_context(_random_numbers())
        path = list(sys.path)
        stack.callback(lambda: sys.path.__setitem__(slice(None), path))
        if not verbose:
            stack.enter_context(_quiet())
        yield


@contextmanager
def _environment() -> Generator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _random_numbers() -> Generator[None]:
    """Put the states back of the generators that are there; seeds are set before each inference."""
    numpy: Any = sys.modules.get("numpy")
    torch: Any = sys.modules.get("torch")
    own = random.getstate()
    arrays = numpy.random.get_state() if numpy else None
    tensors = torch.get_rng_state() if torch else None
    try:
        yield
    finally:
        random.setstate(own)
        if numpy:
            numpy.random.set_state(arrays)
        if torch:
            torch.set_rng_state(tensors)


@contextmanager
def _quiet() -> Generator[None]:
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    loggers.append(logging.getLogger(_TOLD_ANYWAY))
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ.update({k: v for k, v in _QUIET.items() if k not in os.environ})
        for logger in loggers:
            logger.setLevel(logging.CRITICAL if logger.name == _TOLD_ANYWAY else logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
