"""What strangers may write, drawn: files that are not as they should be, and a verb each."""

import struct
from ast import literal_eval
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz.drawn import exchanged
from tests.fuzz.test_files_of_strangers import LOCK, RECIPES, ROWS, SWEEPS
from tests.fuzz.test_git_trees import TREES, tree_of
from tests.hostile.endless import Case, endless
from tests.hostile.payloads import (
    CARDS,
    CODE,
    CONFIGS,
    DESCRIPTIONS,
    GIT_CONFIGS,
    LOCKS,
    PICKLES,
    RECIPES_THAT_ACT,
    RECORDS,
    SWEEPS_THAT_ACT,
)
from tests.hostile.values import configured, described, recipes, valued
from tests.review.history import History

ENTRIES = "entries"
"""What is drawn of a tree, until it is committed."""
QUIET = "tracking.uri=null"
REHEARSAL = ["rehearse", "+recipe=mine.yaml"]
"""Of a stranger's recipe: as its run does, it fetches what the recipe gives the model."""


_ON_ROWS = (
    "predict {model} --data ROWS --inputs text --out answers.csv",
    f"evaluate {{model}} +recipe=scored {QUIET}",
    "validate recipes/scored.yaml",
)


@dataclass(frozen=True)
class Kind:
    """A kind of what strangers write.

    Args:
        name: What it is called.
        cases: What is drawn, from a folder with what is as it should be.
        begin: Prepares a folder that has that already; gives what stands for words of the command.
        share: How many there are, beside the others: fewer where each takes long.
    """

    name: str
    cases: Callable[[Path], st.SearchStrategy[Case]]
    begin: Callable[[Path], Mapping[str, str]] = field(default=lambda _: {})
    share: int = 10


def _of(files: st.SearchStrategy[Mapping[str, bytes]], *lines: str) -> st.SearchStrategy[Case]:
    return st.tuples(files, st.sampled_from([line.split() for line in lines]))


def _file(name: str, content: st.SearchStrategy[bytes]) -> st.SearchStrategy[Mapping[str, bytes]]:
    return content.map(lambda text: {name: text})


def _recipes(_: Path) -> st.SearchStrategy[Case]:
    return _of(
        _file("mine.yaml", exchanged([*RECIPES, *RECIPES_THAT_ACT])),
        "validate mine.yaml",
        "show +recipe=mine.yaml",
        "plan +recipe=mine.yaml",
    )


def _acting_recipes(_: Path) -> st.SearchStrategy[Case]:
    """Recipes that would act as they are, in every verb that takes one."""
    return _of(
        _file("mine.yaml", st.sampled_from(RECIPES_THAT_ACT).map(str.encode) | recipes()),
        "validate mine.yaml",
        "show +recipe=mine.yaml",
        "plan +recipe=mine.yaml",
        " ".join(REHEARSAL),
        f"run +recipe=mine.yaml {QUIET}",
        "lock mine.yaml",
    )


def _sweeps(_: Path) -> st.SearchStrategy[Case]:
    return _of(
        _file("sweeps/mine.yaml", exchanged([*SWEEPS, *SWEEPS_THAT_ACT])),
        "validate sweeps/mine.yaml",
        "plan -m +sweep=mine",
    )


def _locks(_: Path) -> st.SearchStrategy[Case]:
    return _of(
        _file("recipes/good.lock.yaml", exchanged([LOCK]) | st.sampled_from(LOCKS)),
        "lock good --check",
        "validate recipes/good.yaml",
        "plan +recipe=good",
    )


def _records(good: Path) -> st.SearchStrategy[Case]:
    record = (good / "outputs/good/default/record.json").read_bytes()
    return _of(
        _file(
            "outputs/good/default/record.json",
            exchanged([record]) | st.sampled_from(RECORDS) | valued(record),
        ),
        "runs",
        "report outputs --out report.html",
        "verify outputs/good/default",
        "clean --keep 0",
        f"run +recipe=good {QUIET}",
    )


def _descriptions(good: Path) -> st.SearchStrategy[Case]:
    """Descriptions of a model, and of one that names its weights and has none."""
    return _described(
        good,
        "outputs/good/default/model",
        "verify outputs/good/default",
        "persist outputs/good/default/model",
        "plan +recipe=saved",
        "validate recipes/saved.yaml",
        f"run +recipe=saved {QUIET}",
    ) | _described(
        good,
        "bare",
        "persist bare",
        "plan +recipe=bare",
        "verify bare",
        f"run +recipe=bare {QUIET}",
    )


def _described(good: Path, model: str, *lines: str) -> st.SearchStrategy[Case]:
    text = (good / model / "MLmodel").read_bytes()
    said = exchanged([text]) | st.sampled_from(DESCRIPTIONS) | described(text)
    return _of(_file(f"{model}/MLmodel", said), *lines)


def _configurations(good: Path) -> st.SearchStrategy[Case]:
    names = ("config.json", "generation_config.json", "tokenizer_config.json", "tokenizer.json")
    as_it_is = {name: (good / "checkpoint" / name).read_bytes() for name in names}
    written = st.one_of(
        *(_file(f"checkpoint/{name}", exchanged([text])) for name, text in as_it_is.items()),
        *(_file(f"checkpoint/{name}", configured(text)) for name, text in as_it_is.items()),
        *(_file(f"checkpoint/{name}", st.sampled_from(CONFIGS)) for name in names),
        _file("checkpoint/README.md", exchanged(CARDS) | st.sampled_from(CARDS)),
        _file("checkpoint/adapter_config.json", st.sampled_from(CONFIGS)),
        _file("checkpoint/special_tokens_map.json", st.sampled_from(CONFIGS)),
        _file("checkpoint/chat_template.jinja", st.sampled_from(CARDS)),
    )
    with_code = written.map(lambda files: {**files, **CODE})
    return _of(
        with_code,
        "plan +recipe=good",
        "rehearse +recipe=plain",
        "validate recipes/good.yaml",
        f"run +recipe=good {QUIET}",
    )


def _weights(good: Path) -> st.SearchStrategy[Case]:
    weights = (good / "checkpoint/model.safetensors").read_bytes()
    size = struct.unpack("<Q", weights[:8])[0]
    header, rest = weights[8 : 8 + size], weights[8 + size :]
    length = st.none() | st.integers(0, 2**64 - 1)
    whole = st.tuples(exchanged([header]) | valued(header), length).map(
        lambda one: struct.pack("<Q", len(one[0]) if one[1] is None else one[1]) + one[0] + rest
    )
    index = exchanged([b'{"weight_map": {"a": "model.safetensors", "b": "../x.safetensors"}}'])
    return _of(
        _file("checkpoint/model.safetensors", whole)
        | st.tuples(index, whole).map(
            lambda two: {
                "checkpoint/model.safetensors.index.json": two[0],
                "checkpoint/model.safetensors": two[1],
            }
        ),
        "plan +recipe=good",
        "validate recipes/good.yaml",
        f"run +recipe=good {QUIET}",
        "lock good",
    )


def _pickles(_: Path) -> st.SearchStrategy[Case]:
    return _of(
        _file("pickled/pytorch_model.bin", exchanged(PICKLES) | st.sampled_from(PICKLES)),
        "plan +recipe=pickled",
        "validate recipes/pickled.yaml",
        f"run +recipe=pickled {QUIET}",
    )


def _gguf(good: Path) -> st.SearchStrategy[Case]:
    whole = (good / "gguf/tiny.gguf").read_bytes()
    counted = st.tuples(
        st.sampled_from([8, 16, *range(24, 400, 4)]),
        st.sampled_from([0, 1, 2**31, 2**63, 2**64 - 1]),
    ).map(lambda one: whole[: one[0]] + struct.pack("<Q", one[1]) + whole[one[0] + 8 :])
    return _of(
        _file("gguf/tiny.gguf", exchanged([whole]) | counted),
        "plan +recipe=gguf",
        "validate recipes/gguf.yaml",
        f"run +recipe=gguf {QUIET}",
    )


def _trees(_: Path) -> st.SearchStrategy[Case]:
    return st.lists(TREES, max_size=4).map(
        lambda entries: ({ENTRIES: repr(entries).encode()}, ["review", "HEAD", "{commit}"])
    )


def _repositories(_: Path) -> st.SearchStrategy[Case]:
    configs = exchanged(GIT_CONFIGS) | st.sampled_from(GIT_CONFIGS).map(str.encode)
    attributes = exchanged(["* filter=x diff=x merge=x text\n", "*.yaml filter=x\n"])
    files = st.tuples(configs, attributes).map(
        lambda two: {".git/config": two[0], "recipes/.gitattributes": two[1]}
    )
    return _of(files, "review HEAD", "review HEAD~1 HEAD")


def _datasets(_: Path) -> st.SearchStrategy[Case]:
    files = st.one_of(
        *(_file(f"rows.{suffix}", exchanged([text])) for suffix, text in ROWS.items())
    )
    return st.builds(
        lambda written, line: (
            written,
            [word.replace("ROWS", next(iter(written))) for word in line],
        ),
        files,
        st.sampled_from([line.split() for line in _ON_ROWS]),
    )


def _commit_tree(folder: Path) -> Mapping[str, str]:
    file = folder / ENTRIES
    tree = tree_of(folder / ".git" / "objects", literal_eval(file.read_text()))
    file.unlink()
    return {"commit": History(folder).git("commit-tree", "-m", "crafted", tree)}


KINDS = (
    Kind("numbers without end", endless, share=4),
    Kind("recipes", _recipes, share=40),
    Kind("recipes that would act", _acting_recipes, share=31),
    Kind("sweep files", _sweeps, share=24),
    Kind("locks", _locks, share=16),
    Kind("records", _records, share=12),
    Kind("descriptions of models (`MLmodel`)", _descriptions, share=18),
    Kind("configurations, tokenizers, cards of checkpoints", _configurations, share=24),
    Kind("headers and indexes of weights", _weights, share=12),
    Kind("weights in pickles", _pickles, share=12),
    Kind("GGUF files", _gguf, share=12),
    Kind("trees of git", _trees, _commit_tree, share=10),
    Kind("configurations of git", _repositories, share=10),
    Kind("dataset files", _datasets, share=10),
)
