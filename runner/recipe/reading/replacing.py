"""A recipe file written anew: in one move, and with the mode it had."""

import os
from pathlib import Path

from runner.files.disk import replacing


def replace_text(file: Path, text: str) -> None:
    """Replace what a file says.

    Args:
        file: The file; of a link, what it leads to is replaced.
        text: What it is to say, with the ends of lines as they are to be.

    Raises:
        OSError: It may not be written; it is as it was.
    """
    file = file.resolve()
    mode = file.stat().st_mode
    if not os.access(file, os.W_OK):
        raise PermissionError(13, "it may not be written", str(file))
    with replacing(file, shared=True) as staged:
        staged.write_bytes(text.encode("utf-8"))
        staged.chmod(mode & 0o7777)
