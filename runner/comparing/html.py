"""A comparison as one HTML file."""

from runner.comparing import table
from runner.comparing.comparison import Comparison
from runner.comparing.plot import draw
from runner.report.page import environment, inline, policy

_PAGE = "compare.html.jinja"


def as_html(compared: Comparison) -> str:
    """Write a comparison as HTML.

    Args:
        compared: The comparison.
    """
    style, script = inline("report.css", "compare.css"), inline("compare.js")
    held = compared.against.values()
    return (
        environment()
        .get_template(_PAGE)
        .render(
            compared=compared,
            heads=table.heads(compared),
            lines=list(table.lines(compared)),
            differing=[line for one in held for line in table.differing(one)],
            agreeing=[table.agreeing(one) for one in held],
            of_metrics=table.AGAINST,
            of_answers=table.ANSWERS,
            none=table.NONE,
            reasons=list(table.reasons(compared)),
            drawing=draw(compared),
            style=style,
            script=script,
            policy=policy(style, script),
        )
    )
