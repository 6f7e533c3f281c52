"""Recordings that are longer than the model hears at once."""

from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tests.pyfunc.conftest import Packaged
from tests.pyfunc.media import recording

TASK = "automatic-speech-recognition"
WHISPER: dict[str, Any] = {"architecture": "whisper", "model_config": {"max_new_tokens": 8}}


@pytest.mark.parametrize("seconds", [31, 65])
def test_a_long_recording_needs_a_model_that_knows_times(shipped: Packaged, seconds: int) -> None:
    with pytest.raises(MlflowException, match="timestamps") as caught:
        shipped(TASK, **WHISPER).predict([recording(16_000 * seconds, 1)])
    assert caught.value.get_http_status_code() == 400
