"""A loaded model as requests meet it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlflow.pyfunc import PyFuncModel

from runner.pyfunc.seeding import seed_draws
from runner.serving.bounds import Limit, overdue
from runner.serving.refusals import Refused, refusing
from runner.tasks import Task
from runner.upstream.mlflow_api import answer_invocation, streaming_as_it_predicts


@dataclass(frozen=True)
class ServedModel:
    """A model that is served; it is asked one thing at a time.

    Args:
        pyfunc: The model.
        name: What requests call it.
        task: Its task; None of a model that is none of transformers.
        limit: Until when it may work on what it is asked.
    """

    pyfunc: PyFuncModel
    name: str
    task: Task | None
    limit: Limit = field(default_factory=Limit)

    def invoke(self, body: Any, content_type: str) -> tuple[str, int, str]:
        """Answer as MLflow's own server does.

        Args:
            body: Bytes of the body; of JSON what is in it.
            content_type: The header of that name.

        Returns:
            The answer, its status, its type.

        Raises:
            Refused: It cannot be answered.
        """
        with self._asking():
            return answer_invocation(self.pyfunc, body, content_type)

    def predict(self, request: Mapping[str, Any], seed: int | None) -> dict[str, Any]:
        """Answer a request of a protocol.

        Args:
            request: Its fields.
            seed: Seed of what is drawn; None for any.

        Raises:
            Refused: It cannot be answered.
        """
        data, params = self._split(request)
        with self._asking(seed):
            found: Any = self.pyfunc.predict(data, params=params)
            (answer,) = found if isinstance(found, list) else [found]
            return dict(answer)

    def stream(
        self, request: Mapping[str, Any], seed: int | None
    ) -> Generator[dict[str, Any], None, None]:
        """Answer a request of a protocol piece by piece; whoever closes the answer ends it.

        Args:
            request: Its fields.
            seed: Seed of what is drawn; None for any.

        Raises:
            Refused: It cannot be answered.
        """
        data, params = self._split(request)
        with self._asking(seed):
            pieces: Any = self._streaming.predict_stream(data, params=params)
            for piece in pieces:
                yield dict(piece)

    @cached_property
    def _streaming(self) -> PyFuncModel:
        return streaming_as_it_predicts(self.pyfunc)

    @cached_property
    def _columns(self) -> set[str]:
        schema = self.pyfunc.metadata.get_input_schema()
        return set(schema.input_names()) if schema and schema.has_input_names() else set()

    @cached_property
    def _params(self) -> set[str]:
        schema = self.pyfunc.metadata.get_params_schema()
        return {param.name for param in schema.params} if schema else set()

    def _split(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Part the fields of the protocol from the params that the model has beside them."""
        data = {name: value for name, value in request.items() if name in self._columns}
        params = {name: value for name, value in request.items() if name not in data}
        if odd := sorted(params.keys() - self._params):
            heard = sorted(self._columns | self._params)
            are = "are" if len(heard) > 1 else "is"
            said = f"`{odd[0]}` is not supported: {', '.join(heard)} {are}"
            raise Refused(400, said, odd[0])
        return data, params or None

    @contextmanager
    def _asking(self, seed: int | None = None) -> Generator[None]:
        try:
            with refusing():
                if seed is not None:
                    seed_draws(seed % 2**32)
                yield
        except Refused as error:
            if self.limit.is_over:
                raise overdue() from error
            raise
