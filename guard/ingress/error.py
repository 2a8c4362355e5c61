"""The one map from errors to HTTP answers, for what no route has answered itself.

One of the two places where any exception is caught. A stranger learns a code and a cure, never a trace.
"""

from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from ulid import ULID

from guard.dialects.openai_error import error_body
from guard.errors import GuardError, InvariantError, MethodNotAllowed, NotFound, RequestError

_log: Final = structlog.get_logger("guard.ingress")


def translate(error: Exception) -> GuardError:
    """What a caller is told of an exception."""
    if isinstance(error, GuardError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NotFound(
                "No such path. There are POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/moderations, "
                "/v1/guard/check, GET /v1/models, /v1/guard/models, /v1/guard/usage, /metrics, /openapi.json, and "
                "/v1/guard/admin/… for operators."
            )
        if error.status_code == 405:
            return MethodNotAllowed("This path does not take this method.")
        if error.status_code < 500:
            return RequestError("The request is not one that Guard serves.")
    return InvariantError("Guard failed on this request.")


def answer(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer to an exception, in OpenAI's form."""
    told, exchange = translate(error), str(ULID())
    if isinstance(told, InvariantError):
        _log.error("request_failed", exchange=exchange, error=type(error).__name__)
    headers = {"x-guard-exchange": exchange, "x-guard-decision": "error"}
    return Response(error_body(told, exchange), status_code=told.status, media_type="application/json", headers=headers)


HANDLERS: Final[ExceptionHandlersMap] = {Exception: answer, HTTPException: answer}
