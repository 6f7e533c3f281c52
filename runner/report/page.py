"""A page that is one HTML file: it asks for nothing, and runs nothing but its own script."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner.report.figures import span
from runner.text.visible import unhidden
from runner.text.wording import counted, figure, interval, size

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_NAME = 80


@cache
def environment() -> Environment:
    """Give what templates are rendered with: texts of strangers are escaped, and nothing hides."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"figure": figure, "short": _short, "size": size}
    shared = cast("dict[str, Any]", made.globals)
    shared |= {"counted": counted, "interval": interval, "span": span}
    return made


def inline(*names: str) -> Markup:
    """Give what stands in an inline element.

    Args:
        names: Files of styles or scripts, one after the other.
    """
    texts = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    return Markup("".join(texts))  # noqa: S704 - files of ours


def policy(style: str, script: str) -> str:
    """Give the Content-Security-Policy of a page.

    Args:
        style: Its style, to the letter.
        script: Its script.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _shown(value: Any) -> Any:
    """Show what hides in texts; what is markup of ours is not looked at."""
    return unhidden(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _short(name: str) -> str:
    """Cut a name, of which there may be many on the page."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _hash(text: str) -> str:
    """Give what a Content-Security-Policy allows an inline element by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
