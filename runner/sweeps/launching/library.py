"""Libraries that only some launchers need."""

from importlib import import_module
from types import ModuleType

from runner.errors import WrongInput


def needed(name: str, extra: str) -> ModuleType:
    """Import a library.

    Args:
        name: Its name.
        extra: The extra that brings it.

    Raises:
        WrongInput: It is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        message = f"{name} is not installed, and the launcher needs it."
        remedy = f"Install it with pip install 'recipe-runner[{extra}]'."
        raise WrongInput("launcher-missing", message, remedy) from error
