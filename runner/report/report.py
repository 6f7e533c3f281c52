"""The report on a run: ``report.html``, one file that asks for nothing, and ``report.md``."""

from pathlib import Path

from runner.files.disk import write_whole
from runner.recipe.language.models import Recipe
from runner.records import RunRecord
from runner.report.bom import as_bom
from runner.report.card import as_card
from runner.report.contents import gather
from runner.report.html import as_html
from runner.report.markdown import as_markdown

HTML_FILE = "report.html"
MARKDOWN_FILE = "report.md"
BOM_FILE = "bom.cdx.json"
CARD_FILE = "model-card.md"


def write_report(record: RunRecord, recipe: Recipe, folder: Path) -> list[str]:
    """Write the report on a run, and beside it card and bill of materials of its model.

    Args:
        record: What the run did; the table that its evaluation names is read row by row.
        recipe: The recipe.
        folder: Existing folder of the point.

    Returns:
        The files, HTML first.
    """
    contents = gather(record, recipe)
    texts = {HTML_FILE: as_html(contents), MARKDOWN_FILE: as_markdown(contents)}
    if record.checksums:
        texts |= {CARD_FILE: as_card(contents, recipe), BOM_FILE: as_bom(record)}
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [str(folder / name) for name in texts]
