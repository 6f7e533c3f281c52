"""A session leaves the process as it was."""

import logging
import os
import warnings

import pytest

from runner.cli.session import session


def state() -> tuple[dict[str, str], list[object], dict[str, int]]:
    loggers = ("mlflow", "transformers", "torch", "huggingface_hub")
    levels = {name: logging.getLogger(name).level for name in loggers}
    return dict(os.environ), list(warnings.filters), levels


def break_off_a_session() -> None:
    with session():
        assert os.environ["TQDM_DISABLE"] == "1"
        assert os.environ["MLFLOW_LOGGING_LEVEL"] == "DEBUG", "the user's own wins"
        assert logging.getLogger("mlflow").level == logging.ERROR
        with warnings.catch_warnings(record=True) as caught:
            warnings.warn("unheard", UserWarning, stacklevel=1)
        assert caught == []
        raise ZeroDivisionError


def test_what_a_session_changes_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setenv("MLFLOW_LOGGING_LEVEL", "DEBUG")
    monkeypatch.setattr(logging.getLogger("mlflow"), "level", logging.WARNING)
    before = state()
    with pytest.raises(ZeroDivisionError):
        break_off_a_session()
    assert state() == before


def test_a_verbose_session_changes_nothing() -> None:
    before = state()
    with session(verbose=True):
        assert state() == before
