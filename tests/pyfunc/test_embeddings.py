"""Requests for embeddings: one text or a list of them, in every container."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.pyfunc.conftest import Packaged

TEXTS = ["My dog", "the weather is wonderful today", "MLflow"]


@pytest.mark.parametrize(
    "form",
    [
        {"input": TEXTS},
        [{"input": TEXTS}],
        [{"input": TEXTS[:2]}, {"input": TEXTS[2:]}],
        [{"input": TEXTS[0]}, {"input": TEXTS[1:]}],
        [{"input": text} for text in TEXTS],
        pd.DataFrame({"input": TEXTS}),
    ],
    ids=str,
)
def test_lists_of_texts_give_an_embedding_each(model: Packaged, form: Any) -> None:
    loaded = model("llm/v1/embeddings")
    reply = loaded.predict(form)
    reply = reply[0] if isinstance(reply, list) else reply
    alone = [loaded.predict({"input": text}) for text in TEXTS]
    alone = [one[0] if isinstance(one, list) else one for one in alone]
    assert [one["index"] for one in reply["data"]] == [0, 1, 2]
    for one, other in zip(reply["data"], alone, strict=True):
        assert np.allclose(one["embedding"], other["data"][0]["embedding"], atol=1e-5)
    assert reply["usage"]["total_tokens"] == sum(one["usage"]["total_tokens"] for one in alone)
