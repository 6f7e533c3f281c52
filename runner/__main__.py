"""``python -m runner``."""

import atexit
import os
import sys
import threading

from runner.cli import main


def _leave(code: int) -> None:
    """End the process without taking torch and transformers apart, which takes over a second.

    What is registered to run at exit runs first, threads that hold work included.
    """
    threading._shutdown()  # noqa: SLF001  # pyright: ignore
    atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _leave(main(sys.argv[1:]))
