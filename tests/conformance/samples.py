"""What the cases ask: samples that are written down, and as many more as one draws."""

import random
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

RATE = 16_000
WORDS = [
    "my", "dog", "eats", "spaghetti", "while", "it", "is", "25", "°C", "in", "Zürich", ",", "don't"
]  # fmt: skip
LONG = "dw " * 300
ODD = (
    *("", " ", "7", "[1, 2]", "'quoted'", "None", "two\nlines", "  white  space  ", "{} {0}"),
    *("naïve 東京 🙂", '{"text": "a"}', "<b>&amp;</b>", "[CLS] [SEP]", LONG),
)
"""Texts that are taken for something else, or are none to a model, or too much of it."""


@dataclass(frozen=True)
class Samples:
    """What callers give, one of each kind.

    Args:
        sound: A WAV file; its samples at 16 kHz lie beside it as .npy. None where nothing is read.
        picture: A file of an image.
        video: A file of a video.
        texts: Two texts.
        asked: Two questions, each with the context that has its answer.
        queries: Two questions about the table.
        table: Columns of text.
        labels: What a text or a recording may be about.
        seen: What an image may show.
        template: What makes a sentence of a label.
        question: A question about an image.
        boxes: Words of a document and where they are.
    """

    sound: Path | None = None
    picture: Path | None = None
    video: Path | None = None
    texts: tuple[str, str] = ("MLflow is great!", "My dog loves to eat spaghetti.")
    asked: tuple[dict[str, str], dict[str, str]] = (
        {"question": "What is open source?", "context": "MLflow is an open source platform."},
        {"question": "Who eats?", "context": "My dog loves to eat spaghetti."},
    )
    queries: tuple[str, str] = ("What did we sell most of?", "What is sold?")
    table: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("product", ("tea", "coffee")),
        ("sold", ("25", "50")),
    )
    labels: tuple[str, ...] = ("happy", "sad")
    seen: tuple[str, ...] = ("a cat", "a dog")
    template: str = "This example is {}."
    question: str = "What is this?"
    boxes: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("Total:", (100, 100, 200, 120)),
        ("42", (210, 100, 240, 120)),
    )


def drawn(number: int, folder: Path) -> Samples:
    """Draw samples, the same for the same number.

    Args:
        number: Which of them.
        folder: Where recordings and images are put.
    """
    chance = random.Random(number)
    return Samples(
        sound=_sound(number, chance, folder),
        picture=_picture(number, chance, folder),
        video=film(folder / f"{number}.mp4", 16 + number % 7, seed=number),
        texts=(_sentence(chance) if number % 5 else ODD[number // 5 % len(ODD)], _sentence(chance)),
        asked=(_asked(chance), _asked(chance)),
        queries=(_sentence(chance) + "?", _sentence(chance) + "?"),
        table=_table(chance),
        labels=tuple(chance.sample(["happy", "sad", "about food", "salt, pepper"], 2)),
        seen=tuple(chance.sample(["a cat", "a dog", "a red bird"], chance.choice([1, 2, 3]))),
        template=chance.choice(["This example is {}.", "It is {}"]),
        question=_sentence(chance),
        boxes=tuple((word, (10 * at, 20, 10 * at + 9, 30)) for at, word in enumerate(WORDS[:5])),
    )


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.choice([1, 3, 8, 20])))


def _asked(chance: random.Random) -> dict[str, str]:
    return {"question": _sentence(chance) + "?", "context": _sentence(chance)}


def _table(chance: random.Random) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = chance.sample(["product", "sold", "price"], chance.choice([1, 2, 3]))
    rows = chance.choice([1, 2, 4])
    return tuple((name, tuple(chance.choices([*WORDS, "42"], k=rows))) for name in names)


def _sound(number: int, chance: random.Random, folder: Path) -> Path:
    made = np.random.default_rng(number)
    samples = made.normal(0, 4000, chance.randrange(800, 2400)).astype("<i2")
    path = folder / f"{number}.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        out.writeframes(samples.tobytes())
    np.save(path.with_suffix(".npy"), samples.astype(np.float32) / 32768)
    return path


def _picture(number: int, chance: random.Random, folder: Path) -> Path:
    made = np.random.default_rng(number)
    size = (chance.randrange(40, 60), chance.randrange(40, 60), 3)
    image = Image.fromarray(made.integers(0, 256, size, dtype=np.uint8))
    if chance.random() < 0.1:
        path = folder / f"{number}.jpg"
        turned: Any = Image.Exif()
        turned[0x0112] = chance.randrange(2, 9)
        image.save(path, exif=turned)
        return path
    path = folder / f"{number}.png"
    image.convert(chance.choice(["RGB", "RGB", "RGBA", "L"])).save(path)
    return path


def film(path: Path, frames: int, *, seed: int) -> Path:
    """Make a video of noise.

    Args:
        path: The file, MP4.
        frames: How many frames it has.
        seed: Which noise.
    """
    made = np.random.default_rng(seed)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 40, "yuv420p"
        for _ in range(frames):
            pixels = made.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())
    return path
