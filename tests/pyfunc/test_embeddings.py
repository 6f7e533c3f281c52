"""Requests for embeddings: one text or a list of them, in every container."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.conftest import Outcome
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


@pytest.mark.parametrize("pyfunc", ["extended", "mlflow"])
def test_a_recipe_has_lists_and_compares_texts(
    cli: Callable[..., Outcome], workspace: Path, pyfunc: str
) -> None:
    inputs: list[Any] = [{"input": TEXTS[0]}, {"input": TEXTS[1]}, {"input": TEXTS}]
    expect = [
        {"input": 0, "similar_to": 0, "above": 0.9999},
        {"input": 0, "similar_to": 1, "below": 0.9999},
        {"input": 0, "similar_to": 1, "above": 0.9999},  # is not met
    ]
    views = ["native", "pyfunc", "server"]
    spread = {"initializer_range": 0.5}
    recipe = {
        "task": "llm/v1/embeddings",
        "source": {"kind": "scratch", "architecture": "bert", "config": spread},
        "evaluation": {"inputs": inputs, "expect": expect, "views": views},
        "pyfunc": pyfunc,
    }
    Path("case.yaml").write_text(yaml.safe_dump(recipe))
    done = cli("+recipe=case.yaml", "tracking.uri=null", "--output", "json")
    failed = [(c["view"], c["name"]) for c in done.document["checks"] if c["outcome"] == "failed"]
    assert failed == [(view, "expect[2]") for view in views], done.document["checks"]
    assert len(done.document["views"]) == len(views)
    texts = done.document["views"][1]["outputs"][2]["data"]
    assert len(texts) == len(TEXTS)
