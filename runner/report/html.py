"""A report as one HTML file: it asks for nothing, and runs nothing but its own script."""

import base64
import hashlib
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner.report.classes import BY_CLASS
from runner.report.contents import Contents
from runner.report.figures import span
from runner.report.rows import Fitted
from runner.visible import unhidden
from runner.wording import counted, figure, interval, size

_TEMPLATES = Path(__file__).parent / "templates"
_PAGE = "report.html.jinja"
_LONGEST_NAME = 80
_MOST_BYTES = 299_000


def as_html(contents: Contents) -> str:
    """Write a report as HTML.

    Args:
        contents: What it says.
    """
    style, script = (_inline(name) for name in ("report.css", "report.js"))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = _environment().get_template(_PAGE)
    render = partial(
        page.render,
        contents=contents,
        style=style,
        script=script,
        policy=policy,
        by_class=BY_CLASS,
    )
    if contents.rows is None:
        return render(fitted=None)
    bare = render(fitted=Fitted(Markup(), 0))
    return render(fitted=contents.rows.fitted(_MOST_BYTES - len(bare.encode())))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": figure, "short": _short, "size": size}
    shared = cast("dict[str, Any]", environment.globals)
    shared |= {"counted": counted, "interval": interval, "span": span}
    return environment


def _shown(value: Any) -> Any:
    """Show what hides in texts; what is markup of ours is not looked at."""
    return unhidden(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _short(name: str) -> str:
    """Cut a name, of which there may be many on the page."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _inline(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of ours


def _hash(text: str) -> str:
    """Give what a Content-Security-Policy allows an inline element by."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
