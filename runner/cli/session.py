"""The session of a verb that takes its time: a quiet process, a console, one observer."""

import sys
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass

from rich.console import Console

from runner.cli.console import ConsoleObserver, open_console
from runner.files.temporary import temporary_files_kept_together
from runner.findings import Finding
from runner.machine.process import undisturbed


@dataclass(frozen=True)
class Session:
    """What a verb has while it works.

    Args:
        console: Where people read.
        observer: Told of the work as it goes.
    """

    console: Console
    observer: ConsoleObserver

    @contextmanager
    def importing(self) -> Generator[None]:
        """Say that importing the heavy rooms takes a while, and spare what is not needed."""
        with self.console.status("importing torch, transformers and mlflow …"):
            from runner.upstream.transformers_api import spare_unused_imports

            spare_unused_imports()
            yield

    def warn(self, warnings: Iterable[Finding]) -> None:
        """Print what does not stop a run, each thing once.

        Args:
            warnings: The warnings of what was composed.
        """
        for warning in dict.fromkeys(warnings):
            self.console.print(str(warning), markup=False, highlight=False)

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """Show a live line while a step lasts that is not one of a run.

        Args:
            name: What is being done.
        """
        self.observer.step_started(name)
        try:
            yield
        finally:
            self.observer.stop()


@contextmanager
def session(*, verbose: bool = False) -> Generator[Session]:
    """Open a session; whatever it changes of the process is put back when it ends.

    Args:
        verbose: Let the libraries log and warn.
    """
    console = open_console()
    observer = ConsoleObserver(console)
    with ExitStack() as stack:
        stack.callback(observer.stop)
        stack.enter_context(redirect_stdout(sys.stderr))  # stdout is the document's alone
        stack.enter_context(undisturbed(verbose=verbose))
        stack.enter_context(temporary_files_kept_together())
        yield Session(console, observer)
