"""``python -m runner``."""

import atexit
import os
import sys

_ended: list[int] = []
"""The exit code, once the command has ended by itself."""


@atexit.register  # before all others, so it is called after all others
def _leave() -> None:
    """End the process without taking torch and transformers apart, which takes two seconds."""
    if not _ended:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(_ended[0])


if __name__ == "__main__":
    # pydantic would look for plugins in the metadata of every installed package: 10 ms
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from runner.cli import main

    _ended.append(main(sys.argv[1:]))
