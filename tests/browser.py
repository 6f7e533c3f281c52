"""Pages in headless Chromium: fixtures for the folders of tests that look at pages."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opened = Callable[..., "Page"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A Chromium; a container's root cannot have its sandbox. Where CI runs, it has to be there."""
    if "CI" not in os.environ:
        pytest.importorskip("playwright.sync_api", reason="make browser installs it")
        if CHROMIUM is None:
            pytest.skip("there is no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: "Browser") -> Iterator[Opened]:
    """A way to open a page, of which no message, error or request is left unseen."""
    heard: list[str] = []
    contexts: list[Any] = []

    def open_page(file: Path, **how: Any) -> "Page":
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.goto(file.as_uri())
        page.on("request", lambda request: heard.append(request.url))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []


def axe_finds_nothing(opened: Opened, file: Path, scheme: str, width: int) -> None:
    """See that axe finds nothing on a page with all of it unfolded, and that it fits.

    Args:
        opened: Opens it.
        file: The page.
        scheme: ``light`` or ``dark``.
        width: Width of the window, in pixels.
    """
    from axe_playwright_python.sync_playwright import Axe

    viewport = {"width": width, "height": 900}
    page = opened(file, color_scheme=scheme, viewport=viewport, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = Axe().run(page).response
    assert found["violations"] == []
    assert len(found["passes"]) > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= width
