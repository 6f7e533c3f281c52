"""The report on a run: ``report.html``, one file that asks for nothing, and ``report.md``."""

import os
from pathlib import Path

from runner.recipe.language.models import Recipe
from runner.records import RunRecord
from runner.report.contents import gather
from runner.report.html import as_html
from runner.report.markdown import as_markdown

HTML_FILE = "report.html"
MARKDOWN_FILE = "report.md"


def write_report(record: RunRecord, recipe: Recipe, folder: Path) -> list[str]:
    """Write the report on a run.

    Args:
        record: What the run did; the table that its evaluation names is read row by row.
        recipe: The recipe.
        folder: Existing folder of the point.

    Returns:
        The files written, HTML first.
    """
    contents = gather(record, recipe)
    texts = {HTML_FILE: as_html(contents), MARKDOWN_FILE: as_markdown(contents)}
    for name, text in texts.items():
        staged = folder / f"{name}.partial"
        staged.write_text(text, encoding="utf-8")
        os.replace(staged, folder / name)
    return [str(folder / name) for name in texts]
