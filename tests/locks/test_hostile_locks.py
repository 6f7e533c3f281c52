"""Locks, records and descriptions that were made to break whoever reads them: words, at once."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import SourceError
from runner.records import RECORD_FILE, RunRecord, read_record
from runner.sources.mlflow.references import referenced
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
BASE = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
GOOD = "lock: 1\nrecipe: a\ntask: text-generation\npackages: {a: '1'}\nparts: {}\n"
DEEP = "[" * 5000 + "]" * 5000
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
PART = "{kind: hub, name: a, files: {a: {size: SIZE}}}"
LOCKS = {
    "depth": GOOD.replace("parts: {}", f"parts: {DEEP}"),
    "aliases": GOOD + BOMB,
    "itself": GOOD.replace("parts: {}", "parts: &a {b: *a}"),
    "a huge number": GOOD.replace("parts: {}", f"parts: {{model: {PART}}}").replace(
        "SIZE", "9" * 5000
    ),
    "no number": GOOD.replace("parts: {}", f"parts: {{model: {PART}}}").replace("SIZE", ".nan"),
    "lists": GOOD.replace("{}", "[[]]"),
    "texts": GOOD.replace("lock: 1", "lock: [1]").replace("{}", "a"),
    "a tag": GOOD + "result: !!python/object/apply:os.system ['touch ran']\n",
    "no UTF-8": GOOD + "result: \udcff\n",
    "what acts": GOOD + 'result: "\\e[31m\\n::error::x"\n',
    "100 MB": "# " + "x" * 100_000_000 + "\n" + GOOD,
    "nothing": "",
    "a list": "- a\n",
    "NUL": "lock: \x00\n",
}


@pytest.mark.parametrize("text", LOCKS.values(), ids=LOCKS)
def test_a_hostile_lock_is_refused_in_words_at_once(cli: Cli, workspace: Path, text: str) -> None:
    (workspace / "mine.yaml").write_text(BASE)
    (workspace / "mine.lock.yaml").write_text(text, encoding="utf-8", errors="surrogateescape")
    start = time.perf_counter()
    done = cli("lock", "mine.yaml", "--check")
    assert time.perf_counter() - start < 10
    assert done.code == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "lock-unreadable" in done.stdout + done.stderr
    assert len(done.stdout + done.stderr) < 2000
    assert "\x1b" not in done.stdout + done.stderr
    assert not (workspace / "ran").exists()


RECORDS = {
    "depth": b'{"recipe": ' + DEEP.encode() + b"}",
    "no UTF-8": b'{"recipe": "\xff"}',
    "a list": b"[]",
    "a huge number": b'{"recipe": "a", "steps": ' + b"9" * 5000 + b"}",
    "no number": b'{"metrics": {"a": NaN}}',
    "half of a pair": b'{"recipe": "\\ud800"}',
    "NUL": bytes(1000),
    "100 MB": b'{"recipe": "' + b"a" * 100_000_000 + b'"}',
}


@pytest.mark.parametrize("text", RECORDS.values(), ids=RECORDS)
def test_a_hostile_record_is_none(workspace: Path, text: bytes) -> None:
    (workspace / RECORD_FILE).write_bytes(text)
    start = time.perf_counter()
    assert read_record(workspace) is None
    assert time.perf_counter() - start < 10


def test_a_record_is_read_again(workspace: Path) -> None:
    record = RunRecord(recipe="a", task="fill-mask", point="default", digest="b", inputs=["ü"])
    record.write(workspace)
    assert read_record(workspace) == record
    assert json.loads((workspace / RECORD_FILE).read_text())["inputs"] == ["ü"]


DESCRIPTIONS = {
    "depth": DEEP,
    "a list": "- a",
    "no flavors": "a: b",
    "texts": "flavors: [transformers]\nmetadata: a",
    "a tag": "flavors: !!python/object/apply:os.system ['touch ran']",
    "no YAML": "a: [",
    "no UTF-8": "a: \udcff",
    "much": "a: b\n" * 2_000_000,
}


@pytest.mark.parametrize("text", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_hostile_description_is_a_source_at_fault(workspace: Path, text: str) -> None:
    (workspace / "MLmodel").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(SourceError, match="cannot be read|holds no weights"):
        referenced(workspace)
    assert not (workspace / "ran").exists()
