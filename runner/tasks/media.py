"""Media: what the files hold that callers give, in words, and what decodes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Media = Literal["", "audio", "image", "video"]


@dataclass(frozen=True)
class Medium:
    """One kind of file.

    Args:
        words: What a file of it is called, with its article.
        decoder: The distribution that reads it where a model runs.
        libraries: What cannot be done without, as import names with their distributions;
            nothing where a program of the system does as well.
    """

    words: str
    decoder: str
    libraries: Mapping[str, str] = field(default_factory=dict[str, str])


MEDIA: Mapping[Media, Medium] = MappingProxyType({
    "audio": Medium("a recording", "imageio-ffmpeg"),
    "image": Medium("an image", "pillow", {"PIL": "pillow"}),
    "video": Medium("a video", "av", {"av": "av"}),
})  # fmt: skip
"""Every kind, by its name."""
