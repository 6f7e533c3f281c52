"""How a refusal is said: in OpenAI's form under its paths, in MLflow's everywhere else."""

from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runner.serving.refusals import Refused

_OPENAI = "/v1/"
_CODES = {
    404: "RESOURCE_DOES_NOT_EXIST",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "REQUEST_LIMIT_EXCEEDED",
}
"""Words of MLflow for a status; ``BAD_REQUEST`` for any other."""


def refusal(request: Request, error: Exception) -> Response:
    """Give the response of a refusal.

    Args:
        request: What is refused.
        error: The :class:`Refused`.
    """
    error = cast(Refused, error)
    if request.url.path.startswith(_OPENAI):
        return JSONResponse(as_openai(error), error.status)
    code = _CODES.get(error.status, "BAD_REQUEST")
    return JSONResponse({"error_code": code, "message": error.message}, error.status)


def as_openai(error: Refused) -> dict[str, Any]:
    """Give a refusal as OpenAI writes it.

    Args:
        error: The refusal.
    """
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    return {
        "error": {
            "message": error.message,
            "type": kind,
            "param": error.field or None,
            "code": error.code or None,
        }
    }


def unrouted(request: Request, error: Exception) -> Response:
    """Give the response to a path or a method that there is not.

    Args:
        request: What was asked.
        error: The exception of Starlette.
    """
    error = cast(HTTPException, error)
    said = refusal(
        request, Refused(error.status_code, f"{error.detail}: see /v1/models and /ping.")
    )
    said.headers.update(error.headers or {})
    return said


def gone(_: Request, __: Exception) -> Response:
    """Give the response to a caller who left while asking, which nobody gets."""
    return Response(status_code=400)
