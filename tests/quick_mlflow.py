"""MLflow with less to wait for, where it is not what is tested.

Its databases: the first of a process is made as MLflow makes it, by its migrations, which take a
second; the next ones are copies of what that one was then. Its ``MLmodel`` files are read by
libyaml, which gives the same in a fifth of the time.
"""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from threading import Lock
from types import SimpleNamespace
from typing import Any

import yaml

_MAKES = "_initialize_tables"
_MAKERS = ("mlflow.store.db.utils", "mlflow.store.model_registry.sqlalchemy_store")
"""Modules of MLflow that make databases; the second has taken the function from the first."""
_READER = "mlflow.models.model"
_LIBYAML = SimpleNamespace(
    **{**vars(yaml), "safe_load": partial(yaml.load, Loader=yaml.CSafeLoader)}
)


class _Copies:
    """Makes the tables of a database, as of the first one.

    Args:
        migrate: How MLflow makes them.
    """

    def __init__(self, migrate: Callable[[Any], None]) -> None:
        self._migrate, self._lock = migrate, Lock()
        self._first: sqlite3.Connection | None = None

    def __call__(self, engine: Any) -> None:
        """Make them; in a database that has some already, as MLflow does."""
        with self._lock, closing(engine.raw_connection()) as raw:
            database = raw.driver_connection
            is_new = not database.execute("SELECT * FROM sqlite_master").fetchone()
            if is_new and self._first:
                self._first.backup(database)
                return
            self._migrate(engine)
            if is_new:
                self._first = sqlite3.connect(":memory:", check_same_thread=False)
                database.backup(self._first)


def hasten_mlflow() -> None:
    """Hasten what this process has imported of MLflow by now; what is hastened stays so."""
    if reader := sys.modules.get(_READER):
        reader.yaml = _LIBYAML
    for module in filter(None, map(sys.modules.get, _MAKERS)):
        makes = getattr(module, _MAKES)
        if not isinstance(makes, _Copies):
            setattr(module, _MAKES, _COPIES.setdefault(makes, _Copies(makes)))


_COPIES: dict[Callable[[Any], None], _Copies] = {}
