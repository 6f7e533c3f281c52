"""Write a page for each finding into docs/findings, by running its example: ``make docs``."""

import os
import re
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from runner.cli import main
from runner.recipe.judging.catalogue import Entry, catalogue, page, write_example

FOLDER = Path(__file__).parent / "findings"
_REPOSITORY = Path(__file__).resolve().parent.parent
_HEAD = """\
# Findings

What `validate` and the other verbs find, by code: `file:line:column severity[code] message remedy`.
Written by `make docs` from [catalogue.yaml](../../runner/recipe/judging/catalogue.yaml), whose
examples it runs; a test holds them together. `validate --explain CODE` prints a page.

| code | means |
|---|---|
"""


def said_by(code: str, entry: Entry) -> str:
    """Run the example of a code, and give the lines that have it.

    Args:
        code: The code.
        entry: Its entry.

    Raises:
        RuntimeError: The example does not yield the code.
    """
    with tempfile.TemporaryDirectory() as name:
        arguments = write_example(entry, Path(name))
        if not arguments:
            return ""
        out, err = StringIO(), StringIO()
        with chdir(name), redirect_stdout(out), redirect_stderr(err):
            main(arguments)
        output = out.getvalue() + err.getvalue()
        here = re.compile(f"{re.escape(os.path.realpath(name))}/|{re.escape(name)}/")
        plain = here.sub("", output).replace(f"{_REPOSITORY}/", ".venv/…/runner/_shipped/")
        lines = [line for line in plain.splitlines() if f"[{code}]" in line]
    if not lines:
        raise RuntimeError(f"the example of {code} does not yield it:\n{output}")
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Give every page by its file name, the index among them."""
    entries = catalogue()
    with patch.dict(os.environ, {"HF_HUB_OFFLINE": "1", "COLUMNS": "400"}):
        said = {code: said_by(code, entry) for code, entry in entries.items()}
    index = _HEAD + "".join(f"| [{c}]({c}.md) | {e.means} |\n" for c, e in entries.items())
    written = {f"{code}.md": page(code, entry, said[code]) for code, entry in entries.items()}
    return {"README.md": index, **written}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {FOLDER}\n")
