"""What became of hostile inputs: counted by kind, each met by the command line in this process."""

import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.hostile.cases import REHEARSAL, Case, Kind
from tests.hostile.good import prepare, run_command
from tests.hostile.payloads import CANARY, CODE
from tests.hostile.watching import PLANTED, RAN, Watch

LONGEST = 10.0
"""Seconds that a command may take over what a stranger wrote."""
_END = 120
_SHOWN = 600
_GOOD_ENDS = ("0", "1", "2", "3", "2xx", "4xx")
"""Exit codes but that of a defect, and answers to requests but those of one."""


@dataclass
class Count:
    """What became of a kind.

    Args:
        kind: Its name.
        inputs: How many different ones there were.
        codes: How commands that met them ended, each with how often.
        longest: Seconds that the longest took, without those that it waited for a processor.
        slowest: What took them.
        memory: Bytes that memory had to grow by at most, over all of them.
        executed: What was run, asked or written elsewhere.
        defects: What ended with code 4, a traceback, or in none of the known ways.
        slow: What took too long.
    """

    kind: str
    inputs: int = 0
    codes: dict[str, int] = field(default_factory=dict[str, int])
    longest: float = 0.0
    slowest: str = ""
    memory: int = 0
    executed: list[str] = field(default_factory=list[str])
    defects: list[str] = field(default_factory=list[str])
    slow: list[str] = field(default_factory=list[str])

    @property
    def met(self) -> int:
        """How many commands met one."""
        return sum(self.codes.values())


@dataclass(frozen=True)
class Desk:
    """Where commands meet what strangers wrote.

    Args:
        home: Folder for all there is.
        good: Folder in it with what is as it should be.
        watch: Sees what is done.
    """

    home: Path
    good: Path
    watch: Watch

    @property
    def model(self) -> Path:
        """A model of ours, which hostile rows are given to."""
        return self.good / "outputs/good/default/model"

    def count(self, kind: Kind, many: int) -> Count:
        """Meet so many of a kind.

        Args:
            kind: The kind.
            many: How many.
        """
        count, before = Count(kind.name), peak()
        seen: set[tuple[str, ...]] = set()

        def meet(case: Case) -> None:
            written, line = case
            told = sha256(repr(sorted(written.items())).encode()).hexdigest()
            if (told, *line) not in seen:
                count.inputs += (told,) not in seen
                seen.update({(told,), (told, *line)})
                self.meet(kind, case, count)

        for_each(kind.cases(self.good), many, meet)
        count.memory = max(peak() - before, 0)
        return count

    def meet(self, kind: Kind, case: Case, count: Count) -> None:
        """Have a command meet an input.

        Args:
            kind: Its kind.
            case: The input, and the command.
            count: Of the kind.
        """
        written, line = case
        folder = self.watch.theirs / f"{count.met}"
        shutil.copytree(self.good, folder, symlinks=True)
        for name, content in {**written, **CODE}.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        words = {"model": str(self.model), **kind.begin(folder)}
        with chdir(folder):
            line = [word.format(**words) for word in line]
            self.judge(count, line, run_command, repr(dict(written))[:_SHOWN])
        shutil.rmtree(folder)

    def judge(
        self, count: Count, line: Sequence[str], act: Callable[[Sequence[str]], str], given: str
    ) -> None:
        """Do something with hostile input, and count what became of it.

        Args:
            count: Of its kind.
            line: The command, or what stands for it.
            act: Does it; gives how it ended.
            given: The input, as it is told where something is wrong.
        """
        began = _worked()
        asks = line[0] == "run" or line == REHEARSAL
        with self.watch.looking(asks=asks), _ending():
            ended = act(line)
        seconds = _worked() - began
        what = f"{' '.join(line)}, given {given}: "
        code = ended.partition(":")[0]
        count.codes[code] = count.codes.get(code, 0) + 1
        if seconds > count.longest:
            count.longest, count.slowest = seconds, what
        lists = (count.executed, count.defects, count.slow)
        before = [*map(len, lists)]
        count.executed += [what + seen for seen in self.watch.seen]
        if Path(CANARY).exists() or PLANTED in sys.modules or any(Path().rglob(RAN)):
            Path(CANARY).unlink(missing_ok=True)
            sys.modules.pop(PLANTED, None)
            count.executed.append(f"{what}it ran what was planted")
        if code not in _GOOD_ENDS:
            count.defects.append(what + ended)
        if seconds > LONGEST:
            count.slow.append(f"{what}{seconds:.1f} s")
        for told in (one for there, n in zip(lists, before, strict=True) for one in there[n:]):
            sys.stderr.write(f"{told}\n")


def for_each(cases: st.SearchStrategy[Any], many: int, act: Callable[[Any], None]) -> None:
    """Draw so many, the same each time, and do something with each."""

    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def drawn(case: Any) -> None:
        act(case)

    drawn()


@contextmanager
def _ending() -> Generator[None]:
    """End what takes for ever."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    usual = signal.signal(signal.SIGALRM, end)
    signal.alarm(_END)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, usual)


def _worked() -> float:
    """Give a time in seconds that stands still while this thread waits for a processor."""
    waited = int(Path("/proc/thread-self/schedstat").read_text().split()[1])
    return time.perf_counter() - waited / 1e9


def peak() -> int:
    """Give the most bytes of memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def desk(home: Path) -> Desk:
    """Open a desk; this process is watched from then on.

    Args:
        home: Folder for all there is, the temporary files of this process among it.
    """
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    prepare(home / "good")
    sys.dont_write_bytecode = True
    sys.path.insert(0, "")  # as where the command line is started
    (home / "theirs").mkdir()
    return Desk(home, home / "good", Watch(home, home / "theirs"))
