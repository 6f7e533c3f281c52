"""A report as one HTML file."""

from functools import partial

from markupsafe import Markup

from runner.report.classes import BY_CLASS
from runner.report.contents import Contents
from runner.report.page import environment, inline, policy
from runner.report.rows import Fitted

_PAGE = "report.html.jinja"
_MOST_BYTES = 299_000


def as_html(contents: Contents) -> str:
    """Write a report as HTML.

    Args:
        contents: What it says.
    """
    style, script = inline("report.css"), inline("report.js")
    render = partial(
        environment().get_template(_PAGE).render,
        contents=contents,
        style=style,
        script=script,
        policy=policy(style, script),
        by_class=BY_CLASS,
    )
    if contents.rows is None:
        return render(fitted=None)
    bare = render(fitted=Fitted(Markup(), 0))
    return render(fitted=contents.rows.fitted(_MOST_BYTES - len(bare.encode())))
