"""Small random models, packaged once."""

from tests.pyfunc.conftest import model, saved

__all__ = ["model", "saved"]
