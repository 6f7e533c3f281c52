"""Numbers and depths that a reader who believes them needs all memory for."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import strategies as st

from tests.hostile.payloads import CONFIGS_WITHOUT_END

Case = tuple[Mapping[str, bytes], Sequence[str]]
"""Files, by their paths, and the command that meets them."""


def endless(good: Path) -> st.SearchStrategy[Case]:
    """Draw them, each with a command that meets it.

    Args:
        good: Folder with what is as it should be.
    """
    gguf = (good / "gguf/tiny.gguf").read_bytes()
    blocks = gguf.index(b"block_count") + len("block_count") + 4
    words = gguf.index(b"tokenizer.ggml.tokens") + len("tokenizer.ggml.tokens") + 8
    header = struct.pack("<Q", 100 * 10**6) + b'{"a":' + b" " * (100 * 10**6 - 5)
    of_gguf = [
        gguf[:at] + struct.pack(form, number) + gguf[at + struct.calcsize(form) :]
        for at, form, number in (
            (8, "<Q", 2**63),
            (16, "<Q", 2**63),
            (blocks, "<I", 10**9),
            (words, "<Q", 2**63),
        )
    ]
    files = [
        *({"checkpoint/config.json": text} for text in CONFIGS_WITHOUT_END),
        {"checkpoint/model.safetensors": header},
    ]
    verbs = ("plan +recipe=", "validate recipes/", "rehearse +recipe=")
    asked = [(one, "good") for one in files] + [
        ({"gguf/tiny.gguf": one}, "gguf") for one in of_gguf
    ]
    return st.sampled_from(
        [
            (one, f"{verb}{name}{'.yaml' if '/' in verb else ''}".split())
            for one, name in asked
            for verb in verbs
        ]
    )
