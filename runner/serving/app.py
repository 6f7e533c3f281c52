"""The application: MLflow's paths for every model, OpenAI's for one that speaks a protocol."""

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlflow import __version__
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runner.serving.asked import Asked
from runner.serving.bodies import body_of, mapping_in, text_in
from runner.serving.bounds import Admission, Bounds, Turns, end_of
from runner.serving.refusals import Refused
from runner.serving.said import gone, refusal, unrouted
from runner.serving.served import ServedModel
from runner.serving.streamed import Streamed
from runner.serving.texts import insist_on_texts

_JSON = "application/json"
_CSV = "text/csv"


@dataclass(frozen=True)
class App:
    """What answers requests.

    Args:
        model: The model.
        bounds: What requests may take.
    """

    model: ServedModel
    bounds: Bounds = field(default_factory=Bounds)
    _started: int = field(default_factory=lambda: int(time.time()))

    @cached_property
    def _turns(self) -> Turns:
        return Turns(self.model.limit)

    def routes(self) -> Starlette:
        """Give the application as servers run it."""
        return Starlette(
            routes=[
                Route("/ping", self._ping),
                Route("/health", self._ping),
                Route("/version", self._version),
                Route("/invocations", self._invocations, methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/v1/models/{name:path}", self._named),
                Route("/v1/{path:path}", self._protocol, methods=["POST"]),
            ],
            middleware=[Middleware(Admission, bounds=self.bounds)],
            exception_handlers={
                Refused: refusal,
                HTTPException: unrouted,
                ClientDisconnect: gone,
            },
        )

    async def _ping(self, _: Request) -> Response:
        return Response("\n", media_type=_JSON)

    async def _version(self, _: Request) -> Response:
        return Response(__version__, media_type=_JSON)

    async def _invocations(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "")
        if not kind:
            raise Refused(415, "The request says no Content-Type, such as application/json.")
        body: Any = await body_of(request, self.bounds.body, end_of(request))
        if kind.partition(";")[0].strip() == _JSON:
            body = mapping_in(body, strict=False)
            insist_on_texts(body, self.model.pyfunc.metadata.get_input_schema())
        elif kind.partition(";")[0].strip() == _CSV:
            body = text_in(body)
        answer, status, kind = await self._turns.work(
            end_of(request), self.model.invoke, body, kind
        )
        return Response(answer, status, media_type=kind)

    async def _models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._card()]})

    async def _named(self, request: Request) -> Response:
        self._insist_on_name(request.path_params["name"])
        return JSONResponse(self._card())

    def _card(self) -> dict[str, Any]:
        name = self.model.name
        return {
            "id": name,
            "object": "model",
            "created": self._started,
            "owned_by": "recipe-runner",
        }

    async def _protocol(self, request: Request) -> "Response | Streamed":
        task = self.model.task
        if task is None or not task.endpoint or request.path_params["path"] != task.endpoint:
            own = f"/v1/{task.endpoint}" if task and task.endpoint else "/invocations"
            said = f"{request.url.path[:100]} is nothing that this model answers: ask {own}."
            raise Refused(404, said, code="unknown_url")
        body = mapping_in(await body_of(request, self.bounds.body, end_of(request)), strict=True)
        try:
            self._insist_on_name(body.get("model", self.model.name))
            asked = Asked.of(body, task.inputs[0].name)
            if asked.stream and not task.streams:
                raise Refused(400, "`stream` is not supported by this model", "stream")
            if asked.stream:
                (one,) = asked.requests
                pieces = self.model.stream(one, asked.seed)
                return Streamed(self._turns, pieces, self.model.name, asked, Asked.names(body))
            return JSONResponse(await self._turns.work(end_of(request), self._answer, asked))
        except Refused as error:
            raise error.about(Asked.names(body)) from error

    def _answer(self, asked: Asked) -> dict[str, Any]:
        answers = [self.model.predict(one, asked.seed) for one in asked.requests]
        return asked.joined(answers, self.model.name)

    def _insist_on_name(self, name: Any) -> None:
        if name != self.model.name:
            said = f"The model {name!r} is not here; {self.model.name!r} is."
            raise Refused(404, said, "model", "model_not_found")
