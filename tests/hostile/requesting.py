"""Hostile requests to a served model: each is refused with 4xx, or answered."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.hostile.counting import Count, Desk, for_each, peak
from tests.pyfunc.test_requests import GOOD
from tests.serving.malformed import KINDS, bodies

NAME = "requests"
_TASK = "text-generation"
_SHOWN = 600
_PATHS = st.sampled_from(["/invocations", "/invocations", "/v1/completions", "/v1/embeddings"])


def count_requests(desk: Desk, many: int) -> Count:
    """Ask a served model so often.

    Args:
        desk: Where.
        many: How many requests.
    """
    import mlflow.pyfunc
    from starlette.testclient import TestClient

    from runner.serving.app import App
    from runner.serving.bounds import Bounds
    from runner.serving.served import ServedModel
    from runner.tasks import find_task

    model = mlflow.pyfunc.load_model(str(desk.model))
    app = App(ServedModel(model, "case", find_task(_TASK)), Bounds(body=2**20))
    client = TestClient(app.routes(), raise_server_exceptions=False)
    count = Count(NAME)

    seen: set[tuple[bytes, str, str]] = set()

    def ask(case: tuple[bytes, str, str]) -> None:
        body, kind, path = case

        def act(_: Sequence[str]) -> str:
            headers = {"Content-Type": kind.encode()} if kind else {}
            said = client.post(path, content=body, headers=headers)
            return f"{said.status_code // 100}xx: {said.text[:500]}"

        if case not in seen:
            seen.add(case)
            count.inputs += 1
            desk.judge(count, ["POST", path], act, repr(body[:_SHOWN]))

    kinds: st.SearchStrategy[Any] = st.just("application/json") | KINDS
    before = peak()
    for_each(st.tuples(bodies(GOOD[_TASK]), kinds, _PATHS), many, ask)
    count.memory = max(peak() - before, 0)
    return count
