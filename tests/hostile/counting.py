"""What became of hostile inputs: counted by kind, each met by the command line in this process."""

import io
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.hostile.cases import QUIET, Case, Kind
from tests.hostile.payloads import CANARY, CODE
from tests.hostile.watching import PLANTED, RAN, Watch

LONGEST = 10.0
"""Seconds that a command may take over what a stranger wrote."""
_END = 120
_DEFECT = 4


@dataclass
class Count:
    """What became of a kind.

    Args:
        kind: Its name.
        inputs: How many there were.
        codes: How commands ended, each with how often.
        longest: Seconds that the longest took.
        memory: Bytes that memory had to grow by at most, over all of them.
        executed: What was run, asked or written elsewhere.
        defects: What ended with code 4, a traceback, or in none of the known ways.
        slow: What took too long.
    """

    kind: str
    inputs: int = 0
    codes: dict[str, int] = field(default_factory=dict[str, int])
    longest: float = 0.0
    memory: int = 0
    executed: list[str] = field(default_factory=list[str])
    defects: list[str] = field(default_factory=list[str])
    slow: list[str] = field(default_factory=list[str])


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
        count, before = Count(kind.name), _peak()

        def meet(case: Case) -> None:
            self._meet(kind, case, count)

        for_each(kind.cases(self.good), many, meet)
        count.memory = max(_peak() - before, 0)
        return count

    def _meet(self, kind: Kind, case: Case, count: Count) -> None:
        written, line = case
        folder = self.watch.theirs / f"{count.inputs}"
        shutil.copytree(self.good, folder, symlinks=True)
        for name, content in {**written, **CODE}.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        words = {"model": str(self.model), **kind.begin(folder)}
        with chdir(folder):
            self.judge(count, [word.format(**words) for word in line], _command)
        shutil.rmtree(folder)

    def judge(self, count: Count, line: Sequence[str], act: Callable[[Sequence[str]], str]) -> None:
        """Do something with hostile input, and count what became of it.

        Args:
            count: Of its kind.
            line: The command, or what stands for it.
            act: Does it; gives how it ended.
        """
        began = time.perf_counter()
        with self.watch.looking(asks=line[0] == "run"), _ending():
            ended = act(line)
        seconds = time.perf_counter() - began
        what = f"{' '.join(line)}: "
        count.inputs += 1
        code = ended.partition(":")[0]
        count.codes[code] = count.codes.get(code, 0) + 1
        count.longest = max(count.longest, seconds)
        count.executed += [what + seen for seen in self.watch.seen]
        if Path(CANARY).exists() or PLANTED in sys.modules or any(Path().rglob(RAN)):
            Path(CANARY).unlink(missing_ok=True)
            sys.modules.pop(PLANTED, None)
            count.executed.append(f"{what}it ran what was planted")
        if code not in ("0", "1", "2", "3"):
            count.defects.append(what + ended)
        if seconds > LONGEST:
            count.slow.append(f"{what}{seconds:.1f} s")


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


def _command(line: Sequence[str]) -> str:
    """Run the command line; gives its code, and what it said where that is a defect."""
    from runner.cli import main

    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            code = int(main(list(line)))
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
    text = said.getvalue()
    wrong = code == _DEFECT or "Traceback" in text
    return f"{_DEFECT}: {text[-1500:]}" if wrong else str(code)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


RECIPES: Mapping[str, str] = {
    "good": "task: text-generation\nsource: {kind: local, path: ../checkpoint}\n"
    "model_config: {max_new_tokens: 2, do_sample: false}\n"
    "evaluation: {views: [pyfunc], inputs: [hello]}\n",
    "scored": "task: text-generation\nsource: {kind: local, path: ../checkpoint}\n"
    "model_config: {max_new_tokens: 2, do_sample: false}\n"
    "evaluation:\n  views: []\n  dataset: {path: ../rows.csv, inputs: text, target: label}\n"
    "  metrics: [exact_match]\n",
    "saved": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: mlflow, uri: ../outputs/good/default/model}\n",
    "pickled": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: local, path: ../pickled, allow_pickle: true}\n",
    "gguf": "task: text-generation\nevaluation: {views: []}\n"
    "source: {kind: local, path: ../gguf, file: tiny.gguf}\n",
}


def prepare(good: Path) -> None:
    """Fill a folder with what is as it should be, in a repository of git."""
    from tests.checkpoints import as_pickle, causal_lm, gguf_lm
    from tests.review.history import History

    good.mkdir(parents=True)
    history = History.start(good)
    for name, text in RECIPES.items():
        history.write(f"{name}.yaml", text)
    (good / "sweeps").mkdir()
    (good / "rows.csv").write_text("text,label\na,b\nc,d\n")
    checkpoint = causal_lm(good / "checkpoint")
    as_pickle(checkpoint, good / "pickled")
    gguf_lm(good / "gguf")
    (good / ".gitignore").write_text("outputs\ncheckpoint\npickled\ngguf\n")
    history.commit("before")
    history.edit("good.yaml", "max_new_tokens: 2", "max_new_tokens: 3")
    history.commit("after")
    with chdir(good):
        ended = _command(["run", "+recipe=good", QUIET])
    if ended != "0":
        raise RuntimeError(ended)


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
