"""Recordings that are longer than the model hears at once."""

from typing import Any

import pytest

from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import recording

TASK = "automatic-speech-recognition"
WHISPER: dict[str, Any] = {"architecture": "whisper", "model_config": {"max_new_tokens": 8}}


@pytest.mark.parametrize("seconds", [1, 29, 31, 65])
def test_whisper_hears_recordings_of_any_length(shipped: Packaged, seconds: int) -> None:
    found = shipped(TASK, **WHISPER).predict([recording(16_000 * seconds, 1)])
    assert len(found) == 1
    assert isinstance(found[0], str)
