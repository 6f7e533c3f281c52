"""A browser for the tests that look at pages."""

from tests.browser import browser, opened

__all__ = ["browser", "opened"]
