"""``python -m runner`` ends at once, and yet does all that is to be done at exit."""

import subprocess
import sys

PROGRAM = """
import runpy, sys
import runner.cli

class Kept:
    def __del__(self):
        print("taken apart")

def command(argv):
    import atexit, threading, time
    sys.modules["kept"] = Kept()
    atexit.register(print, "at exit")
    threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
    {end}

runner.cli.main = command
runpy.run_module("runner", run_name="__main__")
"""


def ended(end: str) -> tuple[int, list[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(end=end)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_threads_and_what_is_registered_end_first_and_nothing_is_taken_apart() -> None:
    assert ended("return 3") == (3, ["thread", "at exit"], "")


def test_an_error_that_nothing_caught_ends_as_python_does() -> None:
    code, lines, told = ended("raise KeyError('x')")
    assert code == 1
    assert lines[:2] == ["thread", "at exit"]
    assert "KeyError: 'x'" in told
